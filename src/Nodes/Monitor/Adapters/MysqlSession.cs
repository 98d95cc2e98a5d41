using System.Net;
using System.Net.Sockets;
using Mmm.Actors.Probing;
using Mmm.Shared.Settings;
using MySqlConnector;
using Host = Mmm.Shared.Topology.Host;

namespace Mmm.Monitor.Adapters;

/// <summary>
/// One kept connection to one server. Keeping it makes a check cost one round trip; a server that dies resets it, which is noticed at the next use and followed at
/// once by a new connection, so that the verdict is always that of the server as it is now. Every <see cref="FreshEvery"/> uses a new one is made anyway: a server
/// that no longer accepts logins must not pass for healthy on an old one.
/// </summary>
internal sealed class MysqlSession(Host host, MysqlLogin login) : IAsyncDisposable
{
    private const int FreshEvery = 30;

    private MySqlConnection? _kept;
    private int _uses;

    /// <summary>What the last use found besides: the server has too many connections, and was asked through its mysql_admin_port. Null = nothing.</summary>
    public string? Remark { get; private set; }

    private string Where => $"host = {host.Ip}:{host.MysqlPort}, user = {login.User}";

    /// <summary>Runs <paramref name="query"/>; a problem comes back as a reading and never as an exception. One call at a time.</summary>
    public async Task<(T? Value, CheckReading? Problem)> UseAsync<T>(Func<MySqlConnection, Task<T>> query, TimeSpan timeout, CancellationToken stop)
    {
        Attempt attempt = new();
        Task<(T?, CheckReading?)> running = TryAsync(query, attempt, timeout, stop);
        try
        {
            // The connector gives no heed to a token while the server is silent in its handshake, hence the outer deadline.
            return await running.WaitAsync(timeout, stop).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            attempt.Abandon();
            _ = running.ContinueWith(static t => t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            return (default, attempt.Full is { } full ? CheckReading.Unknown(full) : CheckReading.TimedOut);
        }
        catch (OperationCanceledException)
        {
            attempt.Abandon();
            return (default, CheckReading.Unknown("Not checked: the monitor is stopping"));
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _kept, null) is { } kept)
            await kept.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<(T?, CheckReading?)> TryAsync<T>(Func<MySqlConnection, Task<T>> query, Attempt attempt, TimeSpan timeout, CancellationToken stop)
    {
        try
        {
            if (await TakeKeptAsync().ConfigureAwait(false) is { } kept)
            {
                attempt.Connection = kept;
                try
                {
                    return (await RunAsync(query, kept, attempt).ConfigureAwait(false), null);
                }
                catch (Exception e) when (MysqlErrors.IsLostConnection(e) && !attempt.Abandoned)
                {
                    // Restarted, crashed, or an administrator killed it: only a new connection tells which.
                    await kept.DisposeAsync().ConfigureAwait(false);
                }
            }

            MySqlConnection fresh = new(ConnectionString(host.MysqlPort, timeout));
            attempt.Connection = fresh;
            try
            {
                await fresh.OpenAsync(stop).ConfigureAwait(false);
            }
            catch (MySqlException full) when (MysqlErrors.IsTooManyConnections(full) && host.AdminPort > 0 && !attempt.Abandoned)
            {
                await fresh.DisposeAsync().ConfigureAwait(false);
                return await AskAdminPortAsync(query, full, attempt, timeout, stop).ConfigureAwait(false);
            }

            return (await RunAsync(query, fresh, attempt).ConfigureAwait(false), null);
        }
        catch (Exception e)
        {
            if (attempt.Connection is { } connection)
                await connection.DisposeAsync().ConfigureAwait(false);
            return (default, await ExplainAsync(e, timeout, stop).ConfigureAwait(false));
        }
    }

    /// <summary>
    /// The connection is not kept: the next use finds out anew whether the server takes its clients again. The server has answered, if only that it is full: whatever is wrong with the
    /// other port, or goes wrong there, is no failure of the server.
    /// </summary>
    private async Task<(T?, CheckReading?)> AskAdminPortAsync<T>(Func<MySqlConnection, Task<T>> query, MySqlException full, Attempt attempt, TimeSpan timeout, CancellationToken stop)
    {
        attempt.Full = $"Connect error ({Where})! {full.Message}; and at mysql_admin_port {host.AdminPort} it does not answer";
        MySqlConnection admin = new(ConnectionString(host.AdminPort, timeout));
        attempt.Connection = admin;
        try
        {
            await admin.OpenAsync(stop).WaitAsync(timeout / 2, stop).ConfigureAwait(false);
            T value = await query(admin).ConfigureAwait(false);
            Remark = $"Too many connections at port {host.MysqlPort}: clients are refused; asked through mysql_admin_port {host.AdminPort}";
            return (value, null);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return (default, CheckReading.Unknown(e is TimeoutException ? attempt.Full : $"Connect error ({Where})! {full.Message}; at mysql_admin_port {host.AdminPort}: {e.Message}"));
        }
        finally
        {
            attempt.Close();
        }
    }

    private async Task<T> RunAsync<T>(Func<MySqlConnection, Task<T>> query, MySqlConnection connection, Attempt attempt)
    {
        T value = await query(connection).ConfigureAwait(false);
        Remark = null;
        if (attempt.Abandoned)
            await connection.DisposeAsync().ConfigureAwait(false);
        else
            _kept = connection;
        return value;
    }

    private async Task<MySqlConnection?> TakeKeptAsync()
    {
        MySqlConnection? kept = Interlocked.Exchange(ref _kept, null);
        if (kept is null || ++_uses < FreshEvery)
            return kept;
        _uses = 0;
        await kept.DisposeAsync().ConfigureAwait(false);
        return null;
    }

    /// <summary>The connector does not say why TCP failed; a bare connect does, and a refusal is worth knowing: it needs no second look.</summary>
    private async Task<CheckReading> ExplainAsync(Exception e, TimeSpan timeout, CancellationToken stop)
    {
        if (!MysqlErrors.IsNoTcp(e))
            return MysqlErrors.Explain(e, Where);
        using Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        using CancellationTokenSource deadline = CancellationTokenSource.CreateLinkedTokenSource(stop);
        deadline.CancelAfter(timeout);
        try
        {
            await socket.ConnectAsync(IPAddress.Parse(host.Ip), host.MysqlPort, deadline.Token).ConfigureAwait(false);
            return CheckReading.Failing($"Connect error ({Where})! {e.Message}");
        }
        catch (SocketException refused) when (refused.SocketErrorCode == SocketError.ConnectionRefused)
        {
            return CheckReading.Failing($"Connect error ({Where})! Connection refused: nothing listens there") with { Refused = true };
        }
        catch (SocketException other)
        {
            return CheckReading.Failing($"Connect error ({Where})! {other.Message}");
        }
    }

    /// <summary>Kept by the session and never logged: it holds the password.</summary>
    private string ConnectionString(int port, TimeSpan timeout) => new MySqlConnectionStringBuilder
    {
        Server = host.Ip,
        Port = (uint)port,
        UserID = login.User,
        Password = login.Password.Reveal(),
        Pooling = false,
        SslMode = MySqlSslMode.Preferred,
        // A server without TLS: its login of today's default kind (caching_sha2_password) sends the password encrypted with the server's key.
        AllowPublicKeyRetrieval = true,
        ConnectionTimeout = (uint)Math.Max(1, Math.Ceiling(timeout.TotalSeconds)),
        DefaultCommandTimeout = 0,
        ApplicationName = "mmm-monitor",
    }.ConnectionString;

    private sealed class Attempt
    {
        private int _abandoned;

        public MySqlConnection? Connection { get; set; }

        public bool Abandoned => Volatile.Read(ref _abandoned) == 1;

        /// <summary>The server has said that it has too many connections: it lives, whatever comes of asking it elsewhere. Null = it has not.</summary>
        public string? Full { get; set; }

        /// <summary>Closes the connection under the query: that ends it, whatever the server does.</summary>
        public void Abandon()
        {
            Volatile.Write(ref _abandoned, 1);
            Close();
        }

        /// <summary>Without waiting: goodbye to a server that hangs could take for ever.</summary>
        public void Close()
        {
            if (Connection is { } connection)
                _ = CloseAsync(connection);
        }

        private static async Task CloseAsync(MySqlConnection connection)
        {
            try
            {
                await connection.DisposeAsync().ConfigureAwait(false);
            }
            catch (Exception e) when (e is MySqlException or InvalidOperationException or NullReferenceException or IOException or SocketException)
            {
                // The connector's own state is torn while a command runs; the socket is closed, and that was all that was wanted.
            }
        }
    }
}
