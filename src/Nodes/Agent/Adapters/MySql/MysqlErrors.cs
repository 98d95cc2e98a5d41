using System.Net;
using System.Net.Sockets;
using Mmm.Shared.Agents;
using Mmm.Shared.Messages;
using MySqlConnector;

namespace Mmm.Agent.Adapters.MySql;

/// <summary>What an error of the connector says about the server.</summary>
internal static class MysqlErrors
{
    /// <summary>
    /// Errors after which the server is known to live: they speak of our login or of its limits. ER_CON_COUNT_ERROR, ER_DBACCESS_DENIED_ERROR,
    /// ER_ACCESS_DENIED_ERROR, ER_HOST_IS_BLOCKED, ER_HOST_NOT_PRIVILEGED, ER_TOO_MANY_USER_CONNECTIONS, ER_USER_LIMIT_REACHED,
    /// ER_SPECIFIC_ACCESS_DENIED_ERROR, ER_PLUGIN_IS_NOT_LOADED, ER_ACCESS_DENIED_NO_PASSWORD_ERROR, ER_MUST_CHANGE_PASSWORD_LOGIN and their like.
    /// </summary>
    private static readonly int[] s_saysNothing = [1040, 1044, 1045, 1129, 1130, 1142, 1143, 1203, 1226, 1227, 1524, 1698, 1862, 4151];

    /// <summary>ER_REPLICA_CONNECTION_METADATA_INIT_REPOSITORY, by the names of today.</summary>
    private const int ReceiverUnreadable = 1871;

    /// <summary>ER_REPLICA_APPLIER_METADATA_INIT_REPOSITORY.</summary>
    private const int ApplierUnreadable = 1872;

    /// <summary>Seen on 9.7 after a power cut in the middle of RESET REPLICA ALL; no CHANGE mends it.</summary>
    private const string RelayLogLost =
        " (what its relay log was is lost: the machine may have died while it was being removed; where replication goes by GTIDs, RESET REPLICA; START REPLICA on this server mends it, and MMM goes on)";

    /// <summary>The connector's own exception, and those of the socket below it that it lets through when a connection breaks.</summary>
    public static bool Is(Exception e) => e is MySqlException or SocketException or IOException or ObjectDisposedException;

    public static async Task<FoundMysqld> JudgeAsync(Exception error, MysqlEndpoint endpoint, CancellationToken cancel)
    {
        if (error is MySqlException { Number: var number } && s_saysNothing.Contains(number))
            return new FoundMysqld(AgentProtocol.MysqldState.Unknown, Sentence(error, endpoint));
        // The connector does not always tell a refused connection from one that got no answer; the kernel does.
        return await IsRefusedAsync(endpoint, cancel)
            ? Down(endpoint)
            : new FoundMysqld(AgentProtocol.MysqldState.NotAnswering, Sentence(error, endpoint));
    }

    public static string Sentence(Exception error, MysqlEndpoint endpoint) => error is MySqlException { Number: > 0 } e
        ? $"mysqld at {endpoint} says {e.Number}: {e.Message}{(e.Number is ReceiverUnreadable or ApplierUnreadable ? RelayLogLost : "")}"
        : $"mysqld at {endpoint}: {Root(error)}";

    /// <summary>The connection broke, which for an old one only means that it is to be replaced.</summary>
    public static bool IsBroken(Exception error) =>
        error is not MySqlException e
        || e.ErrorCode is MySqlErrorCode.UnableToConnectToHost or MySqlErrorCode.ServerShutdown or MySqlErrorCode.ClientInteractionTimeout
        || e.Number is 0 or 1927 or 2006 or 2013 || e.InnerException is IOException or SocketException;

    public static FoundMysqld Down(MysqlEndpoint endpoint) => new(AgentProtocol.MysqldState.Down, $"nothing accepts connections at {endpoint}");

    /// <summary>The kernel answers for the server: nothing listens, or the socket file is not there.</summary>
    public static async Task<bool> IsRefusedAsync(MysqlEndpoint endpoint, CancellationToken cancel)
    {
        try
        {
            using Socket socket = endpoint.Socket is null
                ? new Socket(IPAddress.Parse(endpoint.Host).AddressFamily, SocketType.Stream, ProtocolType.Tcp)
                : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            EndPoint to = endpoint.Socket is null ? new IPEndPoint(IPAddress.Parse(endpoint.Host), endpoint.Port) : new UnixDomainSocketEndPoint(endpoint.Socket);
            await socket.ConnectAsync(to, cancel);
            return false;
        }
        catch (SocketException e)
        {
            // ENOENT: the socket file itself is not there.
            const int noEntry = 2;
            return e.SocketErrorCode is SocketError.ConnectionRefused or SocketError.AddressNotAvailable || e.NativeErrorCode == noEntry;
        }
    }

    private static string Root(Exception error)
    {
        while (error.InnerException is { } inner)
            error = inner;
        return error.Message;
    }
}
