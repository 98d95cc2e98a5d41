using System.Collections.Immutable;
using System.Globalization;
using Mmm.Actors.Agents;
using Mmm.Shared.Agents;
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
    public static MysqlDialect For(string version)
    {
        if (version.Contains("MariaDB", StringComparison.OrdinalIgnoreCase))
            return new MariaDbDialect();
        throw new MysqlServerException(
            $"this server is version {version}, which this agent cannot handle: it handles MariaDB 10.5 to 12");
    }

    /// <summary>Run once on every new connection, so that quoting and waiting do not depend on the server's configuration.</summary>
    public abstract string SessionSetUp { get; }

    /// <summary>One batch that answers everything a look needs; read by <see cref="ReadLookAsync"/>.</summary>
    public abstract string Look { get; }

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

    public abstract string StopReplication(bool defaultChannel);

    public abstract string StartReplication(bool defaultChannel, StoppedThreads threads);

    /// <summary>Repoint with parameters <c>@channel @host @port @user @password @file @position</c> and those of <see cref="OptionParameter"/>.</summary>
    public abstract string ChangeSource(bool defaultChannel, bool byGtid, ChannelOptions options);

    /// <summary>Errors that say that a channel is not there, which is no error when it is to be stopped.</summary>
    public abstract ImmutableArray<int> NoSuchChannel { get; }

    /// <summary>Reads the answer of <see cref="Look"/>.</summary>
    public abstract Task<ServerLook> ReadLookAsync(MySqlDataReader reader, CancellationToken cancel);

    /// <summary>Name of the parameter that holds the value of the option at <paramref name="index"/>.</summary>
    public static string OptionParameter(int index) => $"@option{index}";

    /// <summary>A switch's value: a number up to MariaDB 11; a word from 12.0, where read_only has more than two values.</summary>
    public static bool IsOn(object? value) => Text(value) is not (null or "0" or "OFF" or "False");

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
    ImmutableArray<FoundChannel> Channels);
