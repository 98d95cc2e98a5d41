using System.Collections.Concurrent;
using Mmm.Actors.Probing;
using Mmm.Shared.Settings;
using Mmm.Shared.Topology;

namespace Mmm.Actors.Tests.Probing;

/// <summary>Servers and addresses that answer what the test says; well until told otherwise.</summary>
internal sealed class ScriptedServers : IPinger, IMysqlSights
{
    private readonly ConcurrentDictionary<string, Func<Task<CheckReading>>> _mysql = new();
    private readonly ConcurrentDictionary<string, CheckReading> _ping = new();
    private readonly ConcurrentDictionary<string, int> _looks = new();

    public ReplicationReading Replication { get; set; } = ReplicationReading.NotRead("not scripted");

    /// <summary>Where every server's binary log ends.</summary>
    public SourceReading Source { get; set; } = new("not scripted", null);

    public ProbingPorts Ports => new(this, this);

    public void Mysql(string host, CheckReading reading) => _mysql[host] = () => Task.FromResult(reading);

    public void MysqlLater(string host, Task<CheckReading> reading) => _mysql[host] = () => reading;

    public void Ping(string ip, CheckReading reading) => _ping[ip] = reading;

    /// <summary>How often the mysql check of a host has begun.</summary>
    public int Looks(string host) => _looks.GetValueOrDefault(host);

    public Task<CheckReading> PingAsync(string ip, TimeSpan timeout, CancellationToken stop) => Task.FromResult(_ping.GetValueOrDefault(ip, CheckReading.Fine));

    public IMysqlSight Watch(Host host, MysqlLogin login) => new Sight(this, host.Name);

    public IReplicationSight WatchReplication(Host host, MysqlLogin login) => new Replica(this);

    public ISourceSight WatchSource(Host host, MysqlLogin login) => new SourceOf(this);

    private sealed class Sight(ScriptedServers servers, string host) : IMysqlSight
    {
        public Task<CheckReading> LookAsync(TimeSpan timeout, CancellationToken stop)
        {
            servers._looks.AddOrUpdate(host, 1, (_, n) => n + 1);
            return servers._mysql.TryGetValue(host, out Func<Task<CheckReading>>? reading) ? reading() : Task.FromResult(CheckReading.Fine);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class Replica(ScriptedServers servers) : IReplicationSight
    {
        public Task<ReplicationReading> LookAsync(TimeSpan timeout, CancellationToken stop) => Task.FromResult(servers.Replication);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class SourceOf(ScriptedServers servers) : ISourceSight
    {
        public Task<SourceReading> LookAsync(TimeSpan timeout, CancellationToken stop) => Task.FromResult(servers.Source);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
