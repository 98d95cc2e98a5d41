using System.Net;
using Microsoft.Extensions.Logging;
using Mmm.Actors.Agents;
using Mmm.Shared.Agents;
using Mmm.Shared.Settings;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Agent.Adapters.Tail;

/// <summary>Serves binary logs at agent.binlog_port of the host's own address.</summary>
/// <param name="ip">Address.</param>
/// <param name="port">Port; 0 = nothing is served.</param>
/// <param name="login">replication_user.</param>
/// <param name="time">Clock.</param>
/// <param name="log">Where it tells who came.</param>
public sealed class BinlogTails(string ip, int port, MysqlLogin login, TimeProvider time, ILogger log) : IBinlogTails
{
    private readonly IPEndPoint _at = new(IPAddress.Parse(ip), port);

    public Task<IOpenTail> OpenAsync(BinlogFiles files, BinlogPosition? from, CancellationToken cancel)
    {
        Require();
        return Task.FromResult<IOpenTail>(TailServer.Open(_at, files, from, login, time, log, cancel));
    }

    public Task CheckAsync(BinlogFiles files, BinlogPosition? from, CancellationToken cancel)
    {
        Require();
        BinlogEnd.Find(BinlogIndex.Read(files), from, cancel);
        TailServer.Listen(_at).Dispose();
        return Task.CompletedTask;
    }

    public Task<LogChecked> OwnWritesAsync(BinlogFiles files, LogCheck check, CancellationToken cancel) =>
        Task.Run(() => OwnWrites.Find(BinlogIndex.Read(files), files.ServerId, check, cancel), cancel);

    private void Require()
    {
        if (port == 0)
            throw new TailException("agent.binlog_port is 0, so no binary log is served from this host");
    }
}
