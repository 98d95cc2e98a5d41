using System.Diagnostics;
using Xunit;

namespace Mmm.Agent.Tests.Servers;

/// <summary>Runs a program to its end; also this one again, for a test that needs a process of its own.</summary>
internal static class TestProcess
{
    /// <summary>Environment variable that tells such a test what it is about.</summary>
    public const string Argument = "MMM_TEST_ARGUMENT";

    /// <summary>Command that runs one explicit test of this program.</summary>
    public static string[] Test(Type tests, string name) =>
        [Path.Combine(AppContext.BaseDirectory, "Mmm.Agent.Tests"), "-method", $"{tests.FullName}.{name}", "-explicit", "only", "-noColor"];

    public static async Task<(int Code, string Output)> RunAsync(string program, IEnumerable<string> arguments, string argument = "")
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" };
        start.Environment[Argument] = argument;
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        try
        {
            await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return (process.ExitCode, await output + await errors);
    }
}
