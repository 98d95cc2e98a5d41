using System.CommandLine;

namespace Mmm.Lab.Cli;

/// <summary>Verbs that break and mend.</summary>
internal static class FaultVerbs
{
    private static readonly Argument<string> _host = CommonOptions.Host();
    private static readonly Argument<string> _program = new("PROGRAM") { Description = "mysqld, agent or monitor; haproxy on the client." };
    private static readonly Argument<string?> _maybeHost = new("HOST") { Description = "Only this host; default: all.", Arity = ArgumentArity.ZeroOrOne };
    private static readonly Option<string[]> _from = new("--from") { Description = "Hosts it is cut off from (comma list); default: everyone.", CustomParser = r => [.. r.Tokens.SelectMany(t => t.Value.Split(',', StringSplitOptions.RemoveEmptyEntries))] };
    private static readonly Option<bool> _oneWay = new("--one-way") { Description = "Only what HOST sends is lost; it still hears the others." };
    private static readonly Argument<string> _offset = new("OFFSET") { Description = "Seconds ahead (+3600s) or behind (-3600s); 0 sets it right." };
    private static readonly Argument<string> _address = new("ADDRESS") { Description = "Usually a role address of the lab." };
    private static readonly Argument<string?> _maybeAddress = new("ADDRESS") { Description = "Only this address; default: the machine goes.", Arity = ArgumentArity.ZeroOrOne };
    private static readonly Argument<int> _seconds = new("SECONDS") { Description = "How late it applies everything; 0 ends it." };

    public static IEnumerable<Command> All() =>
    [
        Program("kill", "SIGKILL a program; it stays dead until it is started.", "killed", (f, h, p, ct) => f.KillAsync(h, p, ct)),
        Program("freeze", "SIGSTOP a program.", "frozen", (f, h, p, ct) => f.FreezeAsync(h, p, ct)),
        Program("thaw", "SIGCONT a program.", "thawed", (f, h, p, ct) => f.ThawAsync(h, p, ct)),
        Program("start", "Start a program unless it runs.", "started", (f, h, p, ct) => f.StartAsync(h, p, ct)),
        Program("stop", "SIGTERM a program and wait for its end; it stays away until it is started.", "stopped", (f, h, p, ct) => f.TerminateAsync(h, p, ct)),
        Program("restart", "SIGTERM a program, then start it.", "restarted", (f, h, p, ct) => f.RestartAsync(h, p, ct)),
        Host("power-off", "Kill everything on a host while its cable goes dead.", "is without power", (f, h, ct) => f.PowerOffAsync(h, ct)),
        Host("power-on", "Boot a host: read-only mysqld, no role addresses.", "has booted", (f, h, ct) => f.PowerOnAsync(h, ct)),
        Host("link-down", "Pull a host's cable.", "has lost its carrier", (f, h, ct) => f.LinkDownAsync(h, ct)),
        Host("link-up", "Plug it in again.", "has its carrier back", (f, h, ct) => f.LinkUpAsync(h, ct)),
        CommonOptions.Verb("partition", "Drop a host's network traffic silently; its link stays up.", [_host, _from, _oneWay], PartitionAsync),
        CommonOptions.Verb("heal", "End partitions and plug cables in again.", [_maybeHost], HealAsync),
        CommonOptions.Verb("clock", "Step a host's wall clock, for all of its programs; its monotonic clock stays true (needs a lab of 'up --clocks').", [_host, _offset], Clock),
        Disk(),
        Foreign(),
        Host("stop-replication", "Stop a replica's threads.", "has stopped replicating", (f, h, ct) => f.StopReplicationAsync(h, "", ct)),
        Host("start-replication", "Start them again, without lag.", "replicates", (f, h, ct) => f.StartReplicationAsync(h, ct)),
        CommonOptions.Verb("lag", "Make a replica apply everything late.", [_host, _seconds], LagAsync),
    ];

    private static Command Program(string name, string description, string done, Func<LabFaults, string, string, CancellationToken, Task> act) =>
        CommonOptions.Verb(name, description, [_host, _program], async (lab, parsed, ct) =>
        {
            (string host, string program) = (parsed.GetValue(_host)!, parsed.GetValue(_program)!);
            await act(lab.Faults, host, program, ct);
            Say.Line($"{program} on {host} is {done}.");
            return 0;
        });

    private static Command Host(string name, string description, string done, Func<LabFaults, string, CancellationToken, Task> act) =>
        CommonOptions.Verb(name, description, [_host], async (lab, parsed, ct) =>
        {
            string host = parsed.GetValue(_host)!;
            await act(lab.Faults, host, ct);
            Say.Line($"{host} {done}.");
            return 0;
        });

    private static async Task<int> PartitionAsync(LabCluster lab, ParseResult parsed, CancellationToken ct)
    {
        string host = parsed.GetValue(_host)!;
        string[] from = parsed.GetValue(_from) ?? [];
        bool oneWay = parsed.GetValue(_oneWay);
        await lab.Faults.PartitionAsync(host, from, oneWay, ct);
        string others = from.Length == 0 ? "everyone" : string.Join(", ", from);
        Say.Line(oneWay ? $"What {host} sends to {others} is lost." : $"{host} and {others} no longer reach each other.");
        return 0;
    }

    private static async Task<int> HealAsync(LabCluster lab, ParseResult parsed, CancellationToken ct)
    {
        string? host = parsed.GetValue(_maybeHost);
        await lab.Faults.HealAsync(host, ct);
        Say.Line(host is null ? "The network is whole again." : $"{host}'s network is whole again.");
        return 0;
    }

    private static Task<int> Clock(LabCluster lab, ParseResult parsed, CancellationToken ct)
    {
        string host = parsed.GetValue(_host)!;
        int seconds = HostClock.Parse(parsed.GetValue(_offset)!);
        lab.Faults.SetClock(host, seconds);
        string now = seconds == 0 ? "is right" : $"is {Math.Abs(seconds)} s {(seconds > 0 ? "ahead" : "behind")}";
        Say.Line($"{host}'s clock {now} (its programs notice within {HostClock.TakenUpWithin.TotalSeconds:0} s).");
        return Task.FromResult(0);
    }

    private static Command Disk() => new("disk", "The disk of a server's data fails (needs a lab of 'up --disks').")
    {
        OfDisk("fill", "Nothing more can be written.", "is full", (d, h, ct) => d.FillAsync(h, ct)),
        OfDisk("break", "The file system becomes read-only.", "is read-only", (d, h, ct) => d.BreakAsync(h, ct)),
        OfDisk("stall", "Every write stands still.", "stands still", (d, h, ct) => d.StallAsync(h, ct)),
        OfDisk("mend", "It works again; a broken one does not.", "works again", (d, h, ct) => d.MendAsync(h, ct)),
    };

    private static Command OfDisk(string name, string description, string done, Func<LabDisks, string, CancellationToken, Task> act) =>
        CommonOptions.Verb(name, description, [_host], async (lab, parsed, ct) =>
        {
            string host = parsed.GetValue(_host)!;
            await act(lab.Disks, host, ct);
            Say.Line($"The disk of {host}'s mysqld {done}.");
            return 0;
        });

    private static Command Foreign() => new("foreign", "A machine that is none of the lab's answers for an address, too.")
    {
        CommonOptions.Verb("up", "It answers for ADDRESS from now on.", [_address], async (lab, parsed, ct) =>
        {
            string address = parsed.GetValue(_address)!;
            Say.Line($"A machine that is none of the lab's answers for {address} (MAC {await lab.Faults.ForeignUpAsync(address, ct)}).");
            return 0;
        }),
        CommonOptions.Verb("down", "It lets go of ADDRESS, or is gone.", [_maybeAddress], async (lab, parsed, ct) =>
        {
            string? address = parsed.GetValue(_maybeAddress);
            await lab.Faults.ForeignDownAsync(address, ct);
            Say.Line(address is null ? "The foreign machine is gone." : $"The foreign machine does not answer for {address} any more.");
            return 0;
        }),
    };

    private static async Task<int> LagAsync(LabCluster lab, ParseResult parsed, CancellationToken ct)
    {
        (string host, int seconds) = (parsed.GetValue(_host)!, parsed.GetValue(_seconds));
        if (seconds is < 0 or > 86400)
            throw new LabException($"{seconds} is no lag: give 0 to 86400 seconds.");
        await lab.Faults.LagAsync(host, seconds, ct);
        Say.Line(seconds == 0 ? $"{host} applies everything at once." : $"{host} applies everything {seconds} s late.");
        return 0;
    }
}
