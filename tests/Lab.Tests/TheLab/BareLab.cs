using Mmm.Lab.Tests.Harness;
using Xunit;

namespace Mmm.Lab.Tests.TheLab;

/// <summary>Servers and replication without MMM; the writer address is put on master1 by hand.</summary>
public sealed class BareLab() : LabFixture(new LabOptions { Bare = true });

[CollectionDefinition(Name)]
public sealed class BareLabCollection : ICollectionFixture<BareLab>
{
    public const string Name = "bare lab";
}

/// <summary>Begins with master1 writable and carrying the writer address, everyone replicating.</summary>
public abstract class BareLabTest(BareLab fixture) : LabTest(fixture)
{
    protected override async Task StartConditionAsync()
    {
        await Lab.Inside.ShellOnAsync("master1", $"ip addr replace {Lab.Plan.WriterIp}/32 dev eth0\n", Stop);
        await Until("master1 answers", 30, () => Lab.Server("master1").AnswersAsync(Stop));
        await Lab.Server("master1").ExecuteAsync("SET GLOBAL read_only = 0", Stop);
        foreach (LabHost host in Lab.Plan.DatabaseHosts)
            await Until($"{host.Name} replicates", 30, async () => await Lab.Server(host.Name).AnswersAsync(Stop) && await Lab.Server(host.Name).ReplicaAsync(Stop) is { Runs: true });
    }

    protected async Task<bool> PingsAsync(string from, string ip) =>
        (await Processes.Tool.RunAsync([.. Lab.Inside.On(from), "ping", "-c", "1", "-W", "1", ip], ct: Stop)).ExitCode == 0;
}
