using System.Diagnostics;
using Xunit;

// Also compiled into the agent's tests.
namespace Mmm.Cluster.Tests.Endpoints;

/// <summary>Prometheus' own checker (Debian's package <c>prometheus</c>).</summary>
internal static class Promtool
{
    /// <summary>Deadline of one run: all alerts' tests take about 0.1 s.</summary>
    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(60);

    /// <summary>Runs it; anything but success fails the test with what it printed.</summary>
    public static async Task<string> Succeeds(string? input, params string[] arguments)
    {
        using Process promtool = Process.Start(new ProcessStartInfo("promtool", arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })
            ?? throw new InvalidOperationException("promtool did not start");
        using var late = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        late.CancelAfter(_deadline);
        Task<string> output = promtool.StandardOutput.ReadToEndAsync(late.Token), errors = promtool.StandardError.ReadToEndAsync(late.Token);
        try
        {
            await promtool.StandardInput.WriteAsync((input ?? "").AsMemory(), late.Token);
            promtool.StandardInput.Close();
            await promtool.WaitForExitAsync(late.Token);
        }
        catch (OperationCanceledException)
        {
            promtool.Kill();
            throw;
        }

        string printed = await output + await errors;
        Assert.True(promtool.ExitCode == 0, $"promtool {string.Join(' ', arguments)} ended with {promtool.ExitCode}:\n{printed}");
        return printed;
    }
}
