using System.Text;

namespace Mmm.Agent.Adapters.Tail;

/// <summary>
/// Follows events and knows where transactions end: what a server keeps of its last file after a crash is what ends with a whole transaction. Pure.
/// </summary>
internal sealed class TransactionWalk
{
    private enum Inside
    {
        /// <summary>Between two transactions.</summary>
        Nothing,

        /// <summary>The GTID has been seen and the first statement has not.</summary>
        Begun,

        /// <summary>One statement makes the transaction (DDL).</summary>
        Statement,

        /// <summary>Until its commit.</summary>
        Transaction,
    }

    /// <summary>FL_STANDALONE of MariaDB's GTID event: no commit follows.</summary>
    private const byte StandAlone = 1;

    private Inside _inside;

    /// <summary>Whole transactions so far.</summary>
    public int Count { get; private set; }

    /// <summary>Takes the next event.</summary>
    /// <returns>True when a transaction ends with it.</returns>
    public bool EndsWith(BinlogEvent e)
    {
        switch (e.Type)
        {
            case EventType.MariaDbGtid:
                // seq_no 8, domain_id 4, flags 1
                _inside = e.Body.Length > 12 && (e.Body[12] & StandAlone) != 0 ? Inside.Statement : Inside.Transaction;
                return false;
            case EventType.Gtid or EventType.AnonymousGtid or EventType.TaggedGtid:
                _inside = Inside.Begun;
                return false;
            case EventType.Xid or EventType.XaPrepare or EventType.TransactionPayload when _inside != Inside.Nothing:
                return Ends();
            case EventType.Query or EventType.QueryCompressed when _inside == Inside.Statement:
                return Ends();
            case EventType.Query when _inside == Inside.Begun:
                // MySQL writes BEGIN (or XA START) as the first statement of what a commit ends; anything else stands alone.
                if (!Is(e, "BEGIN") && !StartsWith(e, "XA START"))
                    return Ends();
                _inside = Inside.Transaction;
                return false;
            case EventType.Query when _inside == Inside.Transaction && (Is(e, "COMMIT") || Is(e, "ROLLBACK")):
                return Ends();
            default:
                return false;
        }
    }

    private bool Ends()
    {
        _inside = Inside.Nothing;
        Count++;
        return true;
    }

    private static bool Is(BinlogEvent e, string statement) => e.Statement.Length == statement.Length && StartsWith(e, statement);

    private static bool StartsWith(BinlogEvent e, string statement) => e.Statement.StartsWith(Encoding.ASCII.GetBytes(statement));
}
