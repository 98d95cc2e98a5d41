namespace Mmm.Control.Tests;

/// <summary>Runs the command line in this process.</summary>
internal sealed class Cli
{
    private int _ids;

    public Dictionary<string, string> Environment { get; } = [];

    public List<string> DefaultConfigs { get; } = [];

    public Task<Ran> Mmm(params string[] args) => Run(MmmCli.Run, args);

    public Task<Ran> MmmControl(params string[] args) => Run(Control.MmmControl.Run, args);

    public static CliContext Context(TextWriter output, TextWriter error, Func<string, string?>? environment = null) => new(
        output, error, environment ?? (_ => null), TimeZoneInfo.Utc, TimeProvider.System, "root@desk", () => "id", false, 160, []);

    private async Task<Ran> Run(Func<IReadOnlyList<string>, CliContext, CancellationToken, Task<int>> program, string[] args)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        CliContext context = Context(output, error, Environment.GetValueOrDefault) with { NewId = () => $"id{++_ids}", DefaultConfigs = DefaultConfigs };
        long start = TimeProvider.System.GetTimestamp();
        int exit = await program(args, context, TestContext.Current.CancellationToken);
        return new Ran(exit, output.ToString(), error.ToString(), TimeProvider.System.GetElapsedTime(start));
    }
}

/// <param name="Exit">Exit code.</param>
/// <param name="Out">Standard output.</param>
/// <param name="Error">Standard error.</param>
/// <param name="Took">Wall time.</param>
internal sealed record Ran(int Exit, string Out, string Error, TimeSpan Took);
