using Mmm.Simulation.Running;

namespace Mmm.Simulation;

/// <summary>Entry point: the simulator with its own options, the test runner with any others (or none), so that <c>test.sh</c> runs it as it runs every test project.</summary>
internal static class Program
{
    public static int Main(string[] args)
    {
        if (args.Length > 0 && args[0].StartsWith("--", StringComparison.Ordinal) && args[0] is not ("--server" or "--internal-msbuild-node"))
            return CommandLine.Run(args, Console.Error);
        return args.Any(a => a is "--server" or "--internal-msbuild-node")
            ? Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions).GetAwaiter().GetResult()
            : Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args).GetAwaiter().GetResult();
    }
}
