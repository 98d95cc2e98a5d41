using System.Diagnostics;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using MySqlConnector;

namespace Mmm.Lab.Sampling;

/// <summary>
/// Looks every 10 ms at who is an effective writer: a host that has the writer address on its interface and whose mysqld takes writes. Looks at the kernel
/// and at the servers themselves and asks nobody of the product.
/// </summary>
public sealed class WriterSampler : IAsyncDisposable
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(10);

    private readonly TimeProvider _time = TimeProvider.System;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<SampledHost> _hosts = [];
    private readonly Task _running;
    private readonly long _began;
    private SamplerReport _report = SamplerReport.Empty;

    private WriterSampler(LabCluster lab)
    {
        // Two lines of the kernel's table: the address, and what it is to this host.
        var pattern = new Regex(@"\|-- " + Regex.Escape(lab.Plan.WriterIp) + @"\s+/32 host LOCAL", RegexOptions.Compiled);
        foreach (LabHost host in lab.Plan.DatabaseHosts.Where(h => h.Kind == LabHostKind.Master))
            _hosts.Add(new SampledHost(lab, host, pattern));
        _began = _time.GetTimestamp();
        _running = Task.Run(RunAsync);
    }

    /// <summary>Begins to look at the masters of a lab.</summary>
    public static WriterSampler Start(LabCluster lab) => new(lab);

    /// <summary>What was seen so far.</summary>
    public SamplerReport Report => Volatile.Read(ref _report);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        foreach (SampledHost host in _hosts)
            await host.DisposeAsync();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(s_interval, _time);
        double last = Now;
        while (!_stop.IsCancellationRequested)
        {
            bool[] effective = await Task.WhenAll(_hosts.Select(h => h.IsEffectiveWriterAsync()));
            double now = Now;
            SamplerReport r = _report;
            double took = now - last;
            string[] writers = [.. _hosts.Where((_, i) => effective[i]).Select(h => h.Name)];
            Volatile.Write(ref _report, r with
            {
                Samples = r.Samples + 1,
                LongestGapMs = Math.Max(r.LongestGapMs, took),
                TwoWritersMs = r.TwoWritersMs + (writers.Length > 1 ? took : 0),
                Now = writers,
            });
            last = now;
            try
            {
                await timer.WaitForNextTickAsync(_stop.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private double Now => _time.GetElapsedTime(_began).TotalMilliseconds;

    /// <summary>One host: a process that does nothing holds a window into its network namespace open.</summary>
    private sealed class SampledHost : IAsyncDisposable
    {
        private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(250);

        private readonly Process _window;
        private readonly Regex _address;
        private readonly string _table;
        private readonly string _connect;
        private MySqlConnection? _connection;

        public SampledHost(LabCluster lab, LabHost host, Regex address)
        {
            Name = host.Name;
            _address = address;
            // It ends with this process however that ends: cat reads from a pipe that nobody else holds.
            string[] command = [.. lab.Inside.On(host.Name), "cat"];
            _window = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardInput = true }) ?? throw new LabException("nsenter could not be started");
            _table = $"/proc/{_window.Id}/net/fib_trie";
            _connect = new MySqlConnectionStringBuilder
            {
                Server = lab.Paths.MysqlSocket(host.Name),
                ConnectionProtocol = MySqlConnectionProtocol.UnixSocket,
                UserID = "root",
                Password = lab.Secrets.Root,
                Pooling = false,
                ConnectionTimeout = 1,
                DefaultCommandTimeout = 1,
                CancellationTimeout = -1,
            }.ConnectionString;
        }

        public string Name { get; }

        /// <summary>No answer within 250 ms: it takes no writes now.</summary>
        public async Task<bool> IsEffectiveWriterAsync()
        {
            if (!_address.IsMatch(await File.ReadAllTextAsync(_table)))
                return false;
            try
            {
                Task<bool> asked = IsWritableAsync();
                return await Task.WhenAny(asked, Task.Delay(s_patience)) == asked ? await asked && _address.IsMatch(await File.ReadAllTextAsync(_table)) : Dropped(asked);
            }
            catch (Exception e) when (e is MySqlException or IOException or SocketException or InvalidOperationException or ObjectDisposedException)
            {
                await CloseAsync();
                return false;
            }
        }

        public async ValueTask DisposeAsync()
        {
            await CloseAsync();
            _window.Kill();
            await _window.WaitForExitAsync();
            _window.Dispose();
        }

        private async Task<bool> IsWritableAsync()
        {
            if (_connection is null)
            {
                _connection = new MySqlConnection(_connect);
                await _connection.OpenAsync();
            }

            await using MySqlCommand command = _connection.CreateCommand();
            command.CommandText = "SELECT @@global.read_only";
            return Convert.ToInt64(await command.ExecuteScalarAsync(), System.Globalization.CultureInfo.InvariantCulture) == 0;
        }

        private bool Dropped(Task asked)
        {
            MySqlConnection? connection = _connection;
            _connection = null;
            _ = ForgetAsync(asked, connection);
            return false;
        }

        private static async Task ForgetAsync(Task asked, MySqlConnection? connection)
        {
            await asked.ContinueWith(t => t.Exception, TaskScheduler.Default);
            if (connection is not null)
                await connection.DisposeAsync();
        }

        private async Task CloseAsync()
        {
            MySqlConnection? connection = _connection;
            _connection = null;
            if (connection is not null)
                await connection.DisposeAsync();
        }
    }
}

/// <summary>What a sampler saw.</summary>
/// <param name="Samples">How often it looked.</param>
/// <param name="LongestGapMs">Longest time between two looks.</param>
/// <param name="TwoWritersMs">Time in which more than one host was an effective writer.</param>
/// <param name="Now">The effective writers of the last look.</param>
public sealed record SamplerReport(long Samples, double LongestGapMs, double TwoWritersMs, IReadOnlyList<string> Now)
{
    public static readonly SamplerReport Empty = new(0, 0, 0, []);
}
