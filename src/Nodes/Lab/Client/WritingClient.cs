using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using MySqlConnector;

namespace Mmm.Lab.Client;

/// <summary>
/// An application as MMM's users have it: one connection to the writer address, one autocommit insert at a time, short
/// timeouts, a new connection after a failure. Runs as a process of its own inside the lab until SIGTERM. An attempt without
/// an answer is never repeated under the same id, so an acknowledged id stands for exactly one insert.
/// </summary>
internal sealed class WritingClient(LabPaths paths, ClientSettings settings, string password, TimeProvider clock) : IAsyncDisposable
{
    private static readonly TimeSpan SaveEvery = TimeSpan.FromMilliseconds(100);

    private readonly Random _random = new(settings.Seed);
    private readonly WriteLog _log = new(settings.Run);
    private MySqlConnection? _connection;

    public static async Task<int> RunAsync(string dir)
    {
        LabPaths paths = new(dir);
        using CancellationTokenSource end = new();
        using PosixSignalRegistration term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, c =>
        {
            c.Cancel = true;
            end.Cancel();
        });
        await using WritingClient client = new(paths, ClientSettings.Read(paths), LabSecrets.Read(paths).App, TimeProvider.System);
        await client.WriteAsync(end.Token);
        return 0;
    }

    private async Task WriteAsync(CancellationToken end)
    {
        long start = clock.GetTimestamp();
        double Now() => clock.GetElapsedTime(start).TotalMilliseconds;
        double savedAt = 0;
        _log.Save(paths, 0, finished: false);
        for (long id = 1; !end.IsCancellationRequested; id++)
        {
            double due = Now() + (settings.IntervalMs * (0.5 + _random.NextDouble()));
            if (await InsertAsync(id) is { } server)
                _log.Acknowledged(id, server, Now());
            else
                due = Now() + settings.PauseMs;
            if (Now() - savedAt >= SaveEvery.TotalMilliseconds)
            {
                _log.Save(paths, Now(), finished: false);
                savedAt = Now();
            }

            double wait = due - Now();
            if (wait > 0)
                await Task.Delay(TimeSpan.FromMilliseconds(wait), clock, CancellationToken.None);
        }

        _log.Save(paths, Now(), finished: true);
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is { } connection)
            await connection.DisposeAsync();
    }

    /// <summary>server_id that acknowledged, or null.</summary>
    private async Task<int?> InsertAsync(long id)
    {
        try
        {
            if (_connection is null)
            {
                _connection = new MySqlConnection(ConnectionString());
                await WithinDeadlineAsync(_connection.OpenAsync());
            }

            await using MySqlCommand command = _connection.CreateCommand();
            command.CommandText = "INSERT INTO lab.writes (run, id, server) VALUES (@run, @id, @@server_id); SELECT @@server_id";
            command.Parameters.AddWithValue("@run", settings.Run);
            command.Parameters.AddWithValue("@id", id);
            Task<object?> answer = command.ExecuteScalarAsync();
            await WithinDeadlineAsync(answer);
            return Convert.ToInt32(await answer, CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is MySqlException or OperationCanceledException or IOException or SocketException or InvalidOperationException)
        {
            _log.Failed(KindOf(e));
            Close();
            return null;
        }
    }

    /// <summary>
    /// An attempt that overruns its time is left to itself until the driver's own timeout, the next whole second: cancelling it makes the driver
    /// open a second connection for KILL QUERY and wait for that, which takes 1 s more when the server is silent.
    /// </summary>
    private async Task WithinDeadlineAsync(Task running)
    {
        TimeSpan time = TimeSpan.FromMilliseconds(_random.Next(settings.TimeoutFromMs, settings.TimeoutToMs + 1));
        if (await Task.WhenAny(running, Task.Delay(time, clock)) != running)
        {
            _ = running.ContinueWith(t => t.Exception, TaskScheduler.Default);
            throw new OperationCanceledException("no answer in time");
        }

        await running;
    }

    /// <summary>Nobody waits for a server that may be gone to hear the good-bye.</summary>
    private void Close()
    {
        MySqlConnection? connection = _connection;
        _connection = null;
        if (connection is not null)
            _ = Task.Run(async () => await connection.DisposeAsync()).ContinueWith(t => t.Exception, TaskScheduler.Default);
    }

    private static string KindOf(Exception e) => e switch
    {
        OperationCanceledException => "no answer in time",
        MySqlException { ErrorCode: MySqlErrorCode.UnableToConnectToHost } => "no connection",
        MySqlException { ErrorCode: MySqlErrorCode.OptionPreventsStatement } => "read-only",
        MySqlException { ErrorCode: MySqlErrorCode.CommandTimeoutExpired or MySqlErrorCode.QueryInterrupted } => "no answer in time",
        MySqlException { ErrorCode: not MySqlErrorCode.None } m => $"{m.ErrorCode}",
        _ => "connection lost",
    };

    private string ConnectionString() => new MySqlConnectionStringBuilder
    {
        Server = settings.Address,
        Port = LabPlan.MysqlPort,
        UserID = LabSecrets.AppUser,
        Password = password,
        Pooling = false,
        // Whole seconds are too coarse for us: our own deadlines come first.
        ConnectionTimeout = (uint)(settings.TimeoutToMs / 1000) + 1,
        DefaultCommandTimeout = (uint)(settings.TimeoutToMs / 1000) + 1,
        CancellationTimeout = -1,
        Keepalive = 0,
    }.ConnectionString;
}
