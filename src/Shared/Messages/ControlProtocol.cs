using System.Collections.Immutable;
using Mmm.Shared.Ledger;

namespace Mmm.Shared.Messages;

/// <summary>Commands of operators, from any monitor node's management endpoint to the coordinator.</summary>
public static class ControlProtocol
{
    /// <summary>Marker of this protocol.</summary>
    public interface IMessage : IWireMessage;

    /// <summary>Endpoint -> coordinator (singleton proxy). Reply: <see cref="Answer"/>. A resend with the same id is answered with the first answer.</summary>
    /// <param name="Id">Chosen by the caller; makes a resend harmless.</param>
    /// <param name="Cluster">MMM cluster.</param>
    /// <param name="Verb">MMM's verb: set_online, set_offline, set_active, set_manual, set_passive, move_role, set_ip; or monitors.</param>
    /// <param name="Arguments">MMM's arguments in order, for example <c>["writer", "db2"]</c>; <c>--force</c> comes first.</param>
    /// <param name="By">Who gave it, for the log: user and where from.</param>
    public sealed record Command(string Id, string Cluster, string Verb, ImmutableArray<string> Arguments, string By) : IMessage;

    /// <param name="Id">Of the command.</param>
    /// <param name="Ok">False: nothing was changed.</param>
    /// <param name="Text">MMM's answer, beginning with <c>OK: </c> or <c>ERROR: </c>.</param>
    /// <param name="Decision">The decision that carries it out, when one was made.</param>
    public sealed record Answer(string Id, bool Ok, string Text, DecisionId? Decision) : IMessage;

    /// <summary>Endpoint -> coordinator: answer <see cref="Answer"/> at once, whatever the state (MMM's <c>ping</c>).</summary>
    public sealed record Ping(string Id) : IMessage;
}
