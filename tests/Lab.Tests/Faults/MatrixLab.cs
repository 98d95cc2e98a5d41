using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Mmm.Lab.Tests.Harness;
using Xunit;

namespace Mmm.Lab.Tests.Faults;

/// <summary>
/// Two masters, a slave and three monitors with the default timings; commits wait for a replica (semi-sync), so that what a client was told is not lost with the
/// host that told it. Hosts come back by themselves, however often they fail. Writes the measured table beside the test reports when it is done.
/// </summary>
public sealed class MatrixLab() : LabFixture(new LabOptions
{
    Slaves = 1,
    SemiSync = true,
    Clocks = true,
    ExtraConfig = "cluster_defaults { auto_set_online = 1s, flap_count = 1000, master_connect_retry = 1s }",
})
{
    private readonly ConcurrentQueue<MatrixRow> _rows = new();

    public void Add(MatrixRow row)
    {
        _rows.Enqueue(row);
        if (Environment.GetEnvironmentVariable("RESULTS_DIR") is { Length: > 0 } folder)
            File.WriteAllText(Path.Combine(folder, "fault-matrix.md"), Table(_rows));
    }

    private static string Table(IEnumerable<MatrixRow> rows)
    {
        var text = new StringBuilder();
        text.Append("| fault | writer before -> after | writes refused for, ms | failed attempts | acknowledged writes lost | two effective writers, ms (samples) | roles that moved |\n");
        text.Append("|---|---|---|---|---|---|---|\n");
        foreach (MatrixRow r in rows)
        {
            text.Append(CultureInfo.InvariantCulture,
                $"| {r.Fault} | {r.Before} -> {r.After} | {r.OutageMs} | {r.Failed} | {r.Lost} | {r.TwoWritersMs:0} ({r.Samples}) | {r.Moved} |\n");
        }

        return text.ToString();
    }
}

/// <summary>What was measured of one fault.</summary>
public sealed record MatrixRow(string Fault, string Before, string After, long OutageMs, long Failed, int Lost, double TwoWritersMs, long Samples, string Moved);

[CollectionDefinition(Name)]
public sealed class MatrixLabCollection : ICollectionFixture<MatrixLab>
{
    public const string Name = "matrix lab";
}
