using Mmm.Lab.Client;
using Mmm.Lab.Processes;
using Mmm.Lab.Servers;
using static Mmm.Lab.Processes.KeeperProtocol;

namespace Mmm.Lab;

/// <summary>Starts, stops and asks the writing client; one per lab.</summary>
public sealed class LabClient(LabCluster lab)
{
    private static readonly string _key = LabPrograms.Key("client", LabPrograms.WritingClient);

    /// <summary>Starts a new run; a running one is stopped first.</summary>
    /// <param name="adjust">Changes the intervals.</param>
    /// <param name="ct">Ends the wait for its first report.</param>
    public async Task<ClientSettings> StartAsync(Func<ClientSettings, ClientSettings>? adjust = null, CancellationToken ct = default)
    {
        if (await IsRunningAsync(ct))
            await StopAsync(ct);
        long run = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        ClientSettings settings = new(run, lab.Plan.WriterIp, unchecked((int)run));
        settings = adjust?.Invoke(settings) ?? settings;
        settings.Write(lab.Paths);
        File.Delete(lab.Paths.ClientReport);
        File.Delete(lab.Paths.ClientAcknowledged);
        await lab.Keeper.AskAsync(new Request("start", _key, LabPrograms.Definition(lab, lab.Plan["client"], LabPrograms.WritingClient)), ct);
        await Wait.UntilAsync("the writing client has begun", TimeSpan.FromSeconds(20), _ => Task.FromResult(File.Exists(lab.Paths.ClientReport)), ct: ct);
        return settings;
    }

    /// <summary>Ends the run and returns its last report.</summary>
    public async Task<ClientReport> StopAsync(CancellationToken ct = default)
    {
        if (await IsRunningAsync(ct))
        {
            await lab.Keeper.AskAsync(new Request("stop", _key, Signal: ProcessIdentity.SigTerm), ct);
            await lab.Faults.WaitEndedAsync(_key, ct);
        }

        return Report();
    }

    public async Task<bool> IsRunningAsync(CancellationToken ct = default) => (await lab.ProcessesAsync(ct)).Any(p => p.Key == _key && p.Pid != 0);

    /// <summary>At most 100 ms old while it runs.</summary>
    public ClientReport Report() => ClientReport.Read(lab.Paths) ?? throw new LabException("No writing client has run in this lab yet.");

    /// <summary>Acknowledged rows of the latest run that a host does not have.</summary>
    public Task<IReadOnlyList<long>> LostOnAsync(string host, CancellationToken ct = default) => LostRows.OnAsync(lab.Server(host), lab.Paths, Report().Run, ct);

    /// <summary>Waits until the client has been acknowledged this many more rows than it has now.</summary>
    public async Task WritesFlowAsync(int rows = 20, TimeSpan? deadline = null, CancellationToken ct = default)
    {
        long before = Report().Acknowledged;
        await Wait.UntilAsync(
            $"{rows} more writes are acknowledged", deadline ?? TimeSpan.FromSeconds(30), _ => Task.FromResult(Report().Acknowledged >= before + rows),
            why: () => Task.FromResult("Client: " + Report().ToJson()), ct: ct);
    }
}
