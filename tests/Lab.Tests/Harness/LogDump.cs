using Xunit;

namespace Mmm.Lab.Tests.Harness;

/// <summary>Puts the end of every node's log into the output of a failed test, and the whole logs into a folder that stays (<c>MMM_LAB_LOGS</c>).</summary>
internal static class LogDump
{
    private const int LinesPerLog = 40;

    public static void Write(LabCluster lab)
    {
        string folder = Environment.GetEnvironmentVariable("MMM_LAB_LOGS") is { Length: > 0 } given ? given : Path.Combine(AppContext.BaseDirectory, "logs");
        string kept = Path.Combine(folder, $"{lab.Plan.Options.Name}-{TestContext.Current.Test?.TestDisplayName ?? "fixture"}");
        Directory.CreateDirectory(kept);
        ITestOutputHelper? output = TestContext.Current.TestOutputHelper;
        foreach (string file in Directory.EnumerateFiles(lab.Paths.Logs).Order(StringComparer.Ordinal))
        {
            File.Copy(file, Path.Combine(kept, Path.GetFileName(file)), overwrite: true);
            output?.WriteLine($"---- {Path.GetFileName(file)}");
            foreach (string line in File.ReadLines(file).TakeLast(LinesPerLog))
                output?.WriteLine(line);
        }

        output?.WriteLine($"Whole logs: {kept}");
    }
}
