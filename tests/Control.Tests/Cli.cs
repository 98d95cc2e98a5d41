using System.Text;

namespace Mmm.Control.Tests;

/// <summary>Runs the command line in this process.</summary>
internal sealed class Cli
{
    private int _ids;

    public Dictionary<string, string> Environment { get; } = [];

    public List<string> DefaultConfigs { get; } = [];

    public Task<Ran> Mmm(params string[] args) => Run(MmmCli.Run, args);

    public Task<Ran> MmmControl(params string[] args) => Run(Control.MmmControl.Run, args);

    /// <summary>Runs a command that does not end by itself, and ends it as Ctrl-C does as soon as <paramref name="seen"/> holds of its outputs. Its pauses are a fiftieth.</summary>
    public async Task<Ran> MmmUntil(Func<string, string, bool> seen, bool interactive, params string[] args)
    {
        using Transcript output = new();
        using Transcript error = new();
        using CancellationTokenSource interrupt = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        CliContext context = Context(output, error, Environment.GetValueOrDefault) with { Time = new HurriedTime(), Interactive = interactive };
        long start = TimeProvider.System.GetTimestamp();
        Task<int> program = MmmCli.Run(args, context, interrupt.Token);
        while (!program.IsCompleted && !seen(output.ToString(), error.ToString()))
        {
            if (TimeProvider.System.GetElapsedTime(start) > TimeSpan.FromSeconds(20))
                Assert.Fail($"not within 20 s; it said so far:\n{output}\n{error}");
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }

        await interrupt.CancelAsync();
        int exit = await program;
        return new Ran(exit, output.ToString(), error.ToString(), TimeProvider.System.GetElapsedTime(start));
    }

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

/// <summary>Can be read while another thread writes.</summary>
internal sealed class Transcript : TextWriter
{
    private readonly Lock _lock = new();
    private readonly StringBuilder _text = new();

    public override Encoding Encoding => Encoding.UTF8;

    public override void Write(char value) => Write(value.ToString());

    public override void Write(string? value)
    {
        lock (_lock)
            _text.Append(value);
    }

    public override void WriteLine(string? value) => Write(value + "\n");

    public override string ToString()
    {
        lock (_lock)
            return _text.ToString();
    }
}

/// <summary>The system's clock with timers that run fifty times as fast.</summary>
internal sealed class HurriedTime : TimeProvider
{
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        base.CreateTimer(callback, state, dueTime > TimeSpan.Zero ? dueTime / 50 : dueTime, period);
}
