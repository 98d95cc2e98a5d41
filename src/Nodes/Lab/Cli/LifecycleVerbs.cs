using System.CommandLine;

namespace Mmm.Lab.Cli;

/// <summary>up, down, list.</summary>
internal static class LifecycleVerbs
{
    private static readonly Option<string> _range = new("--range") { Description = "IPv4 /24 of the lab.", DefaultValueFactory = _ => new LabOptions().Range };
    private static readonly Option<int> _monitors = new("--monitors") { Description = "Monitor nodes: 1, 3 or 5.", DefaultValueFactory = _ => 3 };
    private static readonly Option<int> _masters = new("--masters") { Description = "Hosts that may become the active master, 2 to 4: two replicate from each other, more all follow the active one.", DefaultValueFactory = _ => 2 };
    private static readonly Option<int> _slaves = new("--slaves") { Description = "Slaves beside the masters, 0 to 4.", DefaultValueFactory = _ => 2 };
    private static readonly Option<string> _server = new("--server") { Description = $"What the databases are: {string.Join(", ", Servers.ServerProduct.Names)}. All but the first are fetched with .ci/servers.sh.", DefaultValueFactory = _ => new LabOptions().Server };
    private static readonly Option<bool> _positions = new("--positions") { Description = "Replicate by binlog position instead of GTID." };
    private static readonly Option<bool> _semiSync = new("--semi-sync") { Description = "A commit is acknowledged only when a replica has it." };
    private static readonly Option<bool> _clocks = new("--clocks") { Description = "Every host has a clock that can be stepped (verb clock); needs the package faketime." };
    private static readonly Option<bool> _disks = new("--disks") { Description = "Every server's data are on a file system of their own (verb disk); needs root." };
    private static readonly Option<bool> _unprivileged = new("--unprivileged") { Description = "Servers and agents run as mysql, monitors as nobody, with no more rights than the packaged units give; needs root." };
    private static readonly Option<bool> _plainText = new("--plain-text") { Description = "Without certificates: nothing between the nodes is encrypted." };
    private static readonly Option<bool> _bare = new("--bare") { Description = "Servers and replication only, without MMM; the writer address is put on master1 by hand." };
    private static readonly Option<string?> _programs = new("--programs") { Description = "Folder of the built programs; default: beside this program's own build output." };
    private static readonly Option<FileInfo?> _config = new("--config") { Description = "File of HOCON lines to add to the shared configuration." };
    private static readonly Option<bool> _noForward = new("--no-forward") { Description = "Do not make the monitors' status pages reachable on this machine's loopback." };
    private static readonly Option<bool> _keepBroken = new("--keep-broken") { Description = "Leave a failed attempt for inspection instead of removing it." };
    private static readonly Option<bool> _all = new("--all") { Description = "Every lab of this user." };

    public static IEnumerable<Command> All() =>
    [
        CommonOptions.Bare("up", "Bring a lab up, or put a running one in order.",
            [_range, _monitors, _masters, _slaves, _server, _positions, _semiSync, _clocks, _disks, _unprivileged, _plainText, _bare, _programs, _config, _noForward, _keepBroken], UpAsync),
        CommonOptions.Bare("down", "Remove a lab: its processes, namespaces and files, also of a half-made one.", [_all], DownAsync),
        CommonOptions.Bare("list", "List the labs of this machine.", [], ListAsync),
    ];

    private static async Task<int> UpAsync(ParseResult parsed, CancellationToken ct)
    {
        LabOptions options = new()
        {
            Name = parsed.GetValue(CommonOptions.Name)!,
            Range = parsed.GetValue(_range)!,
            Monitors = parsed.GetValue(_monitors),
            Masters = parsed.GetValue(_masters),
            Slaves = parsed.GetValue(_slaves),
            Server = parsed.GetValue(_server)!,
            Positions = parsed.GetValue(_positions),
            SemiSync = parsed.GetValue(_semiSync),
            Clocks = parsed.GetValue(_clocks),
            Disks = parsed.GetValue(_disks),
            Unprivileged = parsed.GetValue(_unprivileged),
            PlainText = parsed.GetValue(_plainText),
            Bare = parsed.GetValue(_bare),
            Programs = parsed.GetValue(_programs) is { } folder ? Path.GetFullPath(folder) : null,
            ExtraConfig = parsed.GetValue(_config) is { } file ? await File.ReadAllTextAsync(file.FullName, ct) : "",
        };
        if (options.Problem() is { } problem)
        {
            Say.Error(problem);
            return 2;
        }

        using LabCluster lab = await LabLifecycle.UpAsync(options, Say.Step, parsed.GetValue(_keepBroken), ct);
        if (!options.Bare)
        {
            Say.Step("Waiting until every host is ONLINE and every address is where it belongs ...");
            await LabReadiness.WaitPatientlyAsync(lab, ct);
            if (!parsed.GetValue(_noForward))
                await Forwarder.StartAsync(lab, ct);
        }

        Say.Step($"The lab '{options.Name}' is up.");
        await LookVerbs.ShowAsync(lab, ct);
        return 0;
    }

    private static async Task<int> DownAsync(ParseResult parsed, CancellationToken ct)
    {
        string[] names = parsed.GetValue(_all) ? [.. LabPaths.Names()] : [parsed.GetValue(CommonOptions.Name)!];
        foreach (string name in names)
        {
            if (new LabOptions { Name = name }.Problem() is { } problem)
                throw new LabException(problem);
            Say.Line(await LabLifecycle.DownAsync(name, ct) ? $"The lab '{name}' is removed." : $"There is no lab '{name}'; nothing to remove.");
        }

        if (names.Length == 0)
            Say.Line("There are no labs; nothing to remove.");
        return 0;
    }

    private static async Task<int> ListAsync(ParseResult parsed, CancellationToken ct)
    {
        foreach (string name in LabPaths.Names())
        {
            LabPaths paths = LabPaths.Of(name);
            string state = !await new Processes.KeeperClient(paths).IsAliveAsync(ct) ? "not running" : File.Exists(paths.ReadyFile) ? "up" : "half made";
            Say.Line($"{name,-20} {state,-12} {paths.Dir}");
        }

        return 0;
    }
}
