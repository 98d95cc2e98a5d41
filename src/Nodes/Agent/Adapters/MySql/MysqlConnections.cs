using System.Runtime.ExceptionServices;
using Mmm.Actors.Agents;
using Mmm.Shared.Settings;
using MySqlConnector;

namespace Mmm.Agent.Adapters.MySql;

/// <summary>Where and as whom the agent logs in.</summary>
/// <param name="Host">Host's own address.</param>
/// <param name="Port">mysql_port.</param>
/// <param name="Socket">Unix socket; null = TCP.</param>
/// <param name="Login">agent_user.</param>
/// <param name="AdminPort">mysql_admin_port: asked when there are too many connections; 0 = there is none.</param>
public sealed record MysqlEndpoint(string Host, int Port, string? Socket, MysqlLogin Login, int AdminPort = 0)
{
    public override string ToString() => Socket ?? $"{Host}:{Port}";
}

/// <summary>
/// Connections to the local mysqld. No pool: a pooled connection that hangs would be handed to the next caller. One idle connection is kept,
/// because most calls are the regular looks.
/// </summary>
public sealed class MysqlConnections(MysqlEndpoint endpoint, TimeSpan statementTimeout) : IAsyncDisposable
{
    private readonly string _connectionString = ConnectionString(endpoint, statementTimeout);
    private readonly string _adminConnectionString = ConnectionString(endpoint with { Socket = null, Port = endpoint.AdminPort }, statementTimeout);
    private MysqlSession? _idle;

    /// <summary>The idle connection, or a new one.</summary>
    public async Task<MysqlSession> TakeAsync(CancellationToken cancel) => Interlocked.Exchange(ref _idle, null) ?? await OpenAsync(cancel);

    /// <summary>Keeps a connection on which nothing went wrong.</summary>
    public void Keep(MysqlSession session)
    {
        if (Interlocked.CompareExchange(ref _idle, session, null) is not null)
            session.Abandon();
    }

    public async Task<MysqlSession> OpenAsync(CancellationToken cancel)
    {
        try
        {
            return await OpenAsync(_connectionString, cancel);
        }
        catch (MySqlException full) when (full.ErrorCode == MySqlErrorCode.ConnectionCountError && endpoint.AdminPort > 0)
        {
            // Within a part of every caller's deadline: a port behind a firewall must not make a server that answers look as if it hung.
            Task<MysqlSession> admin = OpenAsync(_adminConnectionString, cancel);
            try
            {
                return await admin.WaitAsync(statementTimeout / 2, cancel);
            }
            catch (Exception e) when (MysqlErrors.Is(e) || e is TimeoutException)
            {
                // That there are too many says more of the server than why the other port did not help.
                _ = admin.ContinueWith(Drop, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
                ExceptionDispatchInfo.Throw(full);
                throw;
            }
        }
    }

    private static void Drop(Task<MysqlSession> opened)
    {
        if (opened.IsCompletedSuccessfully)
            opened.Result.Abandon();
        else
            _ = opened.Exception;
    }

    private static async Task<MysqlSession> OpenAsync(string connectionString, CancellationToken cancel)
    {
        var connection = new MySqlConnection(connectionString);
        try
        {
            await connection.OpenAsync(cancel);
            var session = new MysqlSession(connection, MysqlDialect.For(connection.ServerVersion));
            await using MySqlCommand setUp = session.Command(session.Dialect.SessionSetUp);
            await setUp.ExecuteNonQueryAsync(cancel);
            return session;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync()
    {
        Interlocked.Exchange(ref _idle, null)?.Abandon();
        return ValueTask.CompletedTask;
    }

    private static string ConnectionString(MysqlEndpoint endpoint, TimeSpan statementTimeout)
    {
        // Whole seconds are all the connector knows; the exact deadline is each caller's token.
        uint seconds = (uint)Math.Ceiling(statementTimeout.TotalSeconds) + 1;
        var builder = new MySqlConnectionStringBuilder
        {
            Server = endpoint.Socket ?? endpoint.Host,
            Port = (uint)endpoint.Port,
            ConnectionProtocol = endpoint.Socket is null ? MySqlConnectionProtocol.Tcp : MySqlConnectionProtocol.Unix,
            UserID = endpoint.Login.User,
            Password = endpoint.Login.Password.Reveal(),
            SslMode = MySqlSslMode.Preferred,
            Pooling = false,
            ConnectionTimeout = seconds,
            DefaultCommandTimeout = seconds,
            // Without asking the server to end the statement: a server that hangs would be waited for once more.
            CancellationTimeout = -1,
            AllowUserVariables = true,
            // A server without TLS: its login of today's default kind (caching_sha2_password) sends the password encrypted with the server's key.
            AllowPublicKeyRetrieval = true,
            ApplicationName = "mmm-agent",
        };
        return builder.ConnectionString;
    }
}

/// <summary>An open connection and the words its server understands.</summary>
public sealed class MysqlSession(MySqlConnection connection, MysqlDialect dialect)
{
    public MysqlDialect Dialect => dialect;

    /// <summary>The server's id of this connection, for KILL.</summary>
    public long Id => connection.ServerThread;

    public MySqlCommand Command(string text, TimeSpan? timeout = null)
    {
        var command = new MySqlCommand(text, connection);
        if (timeout is { } t)
            command.CommandTimeout = (int)Math.Ceiling(t.TotalSeconds) + 1;
        return command;
    }

    /// <summary>Closes without waiting: saying goodbye to a server that hangs could take for ever.</summary>
    public void Abandon() => _ = CloseAsync();

    private async Task CloseAsync()
    {
        try
        {
            await connection.DisposeAsync();
        }
        catch (Exception e) when (MysqlErrors.Is(e) || e is InvalidOperationException)
        {
            // The connection is being thrown away; that it was broken is why.
        }
    }
}
