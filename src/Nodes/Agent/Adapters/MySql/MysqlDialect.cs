using System.Collections.Immutable;
using System.Globalization;
using Mmm.Actors.Agents;
using Mmm.Shared.Agents;
using Mmm.Shared.Gtids;
using Mmm.Shared.Messages;
using MySqlConnector;

namespace Mmm.Agent.Adapters.MySql;

/// <summary>
/// The SQL texts of one server family; no SQL is written anywhere else in the agent. Named parameters (<c>@…</c>) are filled in and quoted by the
/// connector on the client's side, which is what lets them stand where the server's own parameters may not (CHANGE MASTER).
/// </summary>
public abstract class MysqlDialect
{
    /// <summary>Chooses by what the server says of itself.</summary>
    /// <param name="version">@@version as sent in the handshake.</param>
    /// <exception cref="MysqlServerException">No dialect for it.</exception>
    public static MysqlDialect For(string version) =>
        ServerVersion.Parse(version).IsMariaDb ? new MariaDbDialect() : MySqlFamilyDialect.Of(version);

    /// <summary>Run once on every new connection, so that quoting and waiting do not depend on the server's configuration.</summary>
    public abstract string SessionSetUp { get; }

    /// <summary>One batch that answers everything a look needs; read by <see cref="ReadLookAsync"/>.</summary>
    public abstract string Look { get; }

    /// <summary>
    /// The end of a read-only server's binary log, file and position, no row = it writes none. Null = the look's is as exact. (On a server that takes writes nobody needs it exact, and it may wait
    /// for a commit.)
    /// </summary>
    public virtual string? ExactBinlogEnd => null;

    /// <summary>Follows <see cref="Look"/> where semi-sync is looked after: its status, then its variables; read by <see cref="SemiSyncLook"/>.</summary>
    public const string LookAtSemiSync = "; SHOW GLOBAL STATUS LIKE 'rpl_semi_sync%'; SHOW GLOBAL VARIABLES LIKE 'rpl_semi_sync%'";

    /// <summary>Variables of <see cref="ServerSetup"/>, then the grants of the login.</summary>
    public static readonly string Setup = $"SHOW GLOBAL VARIABLES WHERE Variable_name IN ('{string.Join("', '", ServerSetup.Variables)}'); SHOW GRANTS FOR CURRENT_USER";

    /// <summary>The client transaction that has been open longest: user, seconds, changed rows. INNODB_TRX tells times in the machine's time zone, whatever the server's is.</summary>
    public const string OldestTransaction =
        "SELECT p.USER, TIMESTAMPDIFF(SECOND, t.trx_started, CONVERT_TZ(NOW(), @@session.time_zone, 'SYSTEM')), t.trx_rows_modified FROM information_schema.INNODB_TRX t "
        + "JOIN information_schema.PROCESSLIST p ON p.ID=t.trx_mysql_thread_id WHERE p.USER NOT IN ('system user', 'event_scheduler') ORDER BY t.trx_started LIMIT 1";

    /// <summary>Lists connections: id, user, host, command, seconds. Never the statement's text.</summary>
    public abstract string Threads { get; }

    /// <summary>Counts the applying threads that are doing anything but wait for more to apply.</summary>
    public abstract string BusyAppliers { get; }

    public abstract string ReadOnlyNow { get; }

    /// <summary>Ends itself on the server after <paramref name="seconds"/>, should this agent die meanwhile.</summary>
    public abstract string SetReadOnly(int seconds);

    /// <summary>Does nothing when it runs later than <c>@expires</c> (seconds since 1970 on the host's clock).</summary>
    public abstract string SetWritable { get; }

    public abstract string EndConnection(long id);

    /// <summary>Waits for <c>@file</c>, <c>@position</c> at most <c>@seconds</c> on channel <c>@channel</c>: NULL = applier stopped, negative = timed out.</summary>
    public abstract string WaitApplied(bool defaultChannel);

    /// <summary>Waits at most <c>@seconds</c> for <c>@gtid</c>: negative = timed out.</summary>
    public abstract string WaitGtid { get; }

    public abstract string StopReplication(bool defaultChannel);

    /// <summary>
    /// Applying threads that have a transaction open and wait for more of it: id, rows changed so far. Only for families whose appliers, told to stop, wait for the rest of a transaction
    /// (60 s), which never comes when the source has vanished while it was sending: they have to be ended. Null = they roll it back.
    /// </summary>
    public virtual string? WaitingApplierTransactions => null;

    /// <summary>Counts the applying threads there are, to see them end.</summary>
    public virtual string Appliers => "SELECT 0";

    /// <summary>Stops the receiving thread.</summary>
    public abstract string StopReceiver(bool defaultChannel);

    public abstract string StartReplication(bool defaultChannel, StoppedThreads threads);

    /// <summary>Removes a stopped channel.</summary>
    public abstract string DropChannel(bool defaultChannel);

    /// <summary>Has a server that was a master begin where its own log ends when it follows by GTID. Null = nothing is needed for that.</summary>
    public virtual string? Demote => null;

    public abstract string StopApplier(bool defaultChannel);

    /// <summary>Starts the applier, to stop by itself at <c>@file</c>, <c>@position</c> of the source's log.</summary>
    public abstract string StartApplierUntil(bool defaultChannel);

    /// <summary>Repoint with parameters <c>@channel @host @port @user @password @file @position</c> and those of <see cref="OptionParameter"/>.</summary>
    public abstract string ChangeSource(bool defaultChannel, bool byGtid, ChannelOptions options);

    /// <summary>A channel's options for a source that is an agent: TLS where it was, but its certificate is of its own making.</summary>
    public abstract ChannelOptions TowardsAgent(ChannelOptions options);

    /// <summary>Errors that say that a channel is not there, which is no error when it is to be stopped.</summary>
    public abstract ImmutableArray<int> NoSuchChannel { get; }

    /// <summary>Reads the answer of <see cref="Look"/>.</summary>
    public abstract Task<ServerLook> ReadLookAsync(MySqlDataReader reader, CancellationToken cancel);

    /// <summary>Name of the parameter that holds the value of the option at <paramref name="index"/>.</summary>
    public static string OptionParameter(int index) => $"@option{index}";

    /// <summary>A switch's value: a number up to MariaDB 11; a word from 12.0, where read_only has more than two values.</summary>
    public static bool IsOn(object? value) => Text(value) is not (null or "0" or "OFF" or "False");

    /// <summary>A list is written into the text, as no parameter can be a list: digits and commas only.</summary>
    protected static string Numbers(string list)
    {
        IEnumerable<long> numbers = list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(n => long.Parse(n, NumberStyles.None, CultureInfo.InvariantCulture));
        return $"({string.Join(",", numbers.Select(n => n.ToString(CultureInfo.InvariantCulture)))})";
    }

    protected static string? Text(object? value) => value switch
    {
        null or DBNull => null,
        byte[] bytes => System.Text.Encoding.UTF8.GetString(bytes),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture),
    };
}

/// <summary>A look as the server answers it, before one of its channels is chosen.</summary>
public sealed record ServerLook(
    bool ReadOnly,
    AgentProtocol.BinlogPosition? Binlog,
    string? Gtid,
    bool CanFollowByGtid,
    string Version,
    string? PidFile,
    BinlogFiles? Files,
    GtidHistory? History,
    ImmutableArray<FoundChannel> Channels,
    string DataFolder);
