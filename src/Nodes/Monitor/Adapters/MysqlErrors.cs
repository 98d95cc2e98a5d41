using System.Net.Sockets;
using Mmm.Actors.Probing;
using Mmm.Shared.Checks;
using MySqlConnector;

namespace Mmm.Monitor.Adapters;

/// <summary>
/// What an error says of a server's health. A server that answers with an error of its own is alive: too many connections (1040), access denied, a missing
/// privilege and the like are <see cref="CheckVerdict.Unknown"/>, as in MySQL-MMM, and no reason to move anything.
/// </summary>
internal static class MysqlErrors
{
    /// <summary>ER_CONNECTION_KILLED of MariaDB.</summary>
    private const int MariaDbConnectionKilled = 1927;

    /// <summary>ER_SPECIFIC_ACCESS_DENIED_ERROR.</summary>
    private const int MissingPrivilege = 1227;

    private static readonly HashSet<int> _shuttingDown =
    [
        (int)MySqlErrorCode.ServerShutdown,
        (int)MySqlErrorCode.NormalShutdown,
        (int)MySqlErrorCode.ShutdownComplete,
    ];

    /// <summary>The connection is gone, whatever the reason: a new one tells more.</summary>
    public static bool IsLostConnection(Exception e) =>
        !IsServersWord(e) || e is MySqlException { Number: MariaDbConnectionKilled } || IsShutdown(e);

    /// <summary>No TCP connection came about.</summary>
    public static bool IsNoTcp(Exception e) => e is MySqlException { ErrorCode: MySqlErrorCode.UnableToConnectToHost, InnerException: null };

    /// <summary>ER_CON_COUNT_ERROR.</summary>
    public static bool IsTooManyConnections(MySqlException e) => e.ErrorCode == MySqlErrorCode.ConnectionCountError;

    public static bool IsMissingPrivilege(MySqlException e) => e.Number == MissingPrivilege;

    public static CheckReading Explain(Exception e, string where)
    {
        if (IsShutdown(e))
            return CheckReading.Failing($"Connect error ({where})! {e.Message}");
        if (IsServersWord(e))
            return CheckReading.Unknown($"{(e is MySqlException { Number: MissingPrivilege } ? "SQL Query Error" : $"Connect error ({where})!")} {e.Message}");
        return InnerMost(e) switch
        {
            MySqlException { ErrorCode: MySqlErrorCode.CommandTimeoutExpired } or OperationCanceledException or TimeoutException
                or SocketException { SocketErrorCode: SocketError.OperationAborted } => CheckReading.TimedOut,
            System.Security.Authentication.AuthenticationException tls => CheckReading.Unknown($"Connect error ({where})! TLS: {tls.Message}"),
            NotSupportedException or InvalidOperationException or FormatException => CheckReading.Unknown($"Connect error ({where})! {e.Message}"),
            Exception cause => CheckReading.Failing($"Connect error ({where})! {(cause == e ? e.Message : $"{e.Message}: {cause.Message}")}"),
        };
    }

    /// <summary>An error packet of the server, as opposed to the connector's own complaint (which carries no number, 1042 or a negative one).</summary>
    private static bool IsServersWord(Exception e) =>
        e is MySqlException { Number: > 0 } mysql && !(mysql.ErrorCode == MySqlErrorCode.UnableToConnectToHost);

    private static bool IsShutdown(Exception e) => e is MySqlException mysql && _shuttingDown.Contains(mysql.Number);

    private static Exception InnerMost(Exception e)
    {
        while (e.InnerException is { } inner)
            e = inner;
        return e;
    }
}
