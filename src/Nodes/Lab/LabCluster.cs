using System.Text.Json;
using Mmm.Lab.Config;
using Mmm.Lab.Network;
using Mmm.Lab.Processes;
using Mmm.Lab.Servers;

namespace Mmm.Lab;

/// <summary>
/// A lab that exists: what commands and tests work with. Bringing it up and removing it is in <see cref="LabLifecycle"/>;
/// breaking it in <see cref="LabFaults"/>.
/// </summary>
public sealed class LabCluster : IDisposable
{
    private readonly Inside _inside;

    private LabCluster(LabPlan plan, LabPaths paths, LabSecrets secrets, ProcessIdentity keeper)
    {
        Plan = plan;
        Paths = paths;
        Secrets = secrets;
        Keeper = new KeeperClient(paths);
        KeeperIdentity = keeper;
        _inside = new Inside(paths, keeper);
        Http = new LabHttp(plan, paths, secrets, Keeper);
        Faults = new LabFaults(this);
        Disks = new LabDisks(this);
        Client = new LabClient(this);
        Monitors = new LabMonitors(this);
    }

    public LabPlan Plan { get; }

    public LabPaths Paths { get; }

    public LabSecrets Secrets { get; }

    public KeeperClient Keeper { get; }

    /// <summary>The process keeper itself.</summary>
    public ProcessIdentity KeeperIdentity { get; }

    /// <summary>Runs commands inside the lab's network.</summary>
    public Inside Inside => _inside;

    /// <summary>The monitors' management endpoints.</summary>
    public LabHttp Http { get; }

    /// <summary>Breaks and mends.</summary>
    public LabFaults Faults { get; }

    public LabDisks Disks { get; }

    /// <summary>Changes of the list of monitors.</summary>
    public LabMonitors Monitors { get; }

    /// <summary>The writing client.</summary>
    public LabClient Client { get; }

    internal Programs Programs => new(Plan.Options.Programs);

    /// <summary>The running lab of this name.</summary>
    /// <exception cref="LabException">There is none.</exception>
    public static async Task<LabCluster> OpenAsync(string name, CancellationToken ct = default)
    {
        if (new LabOptions { Name = name }.Problem() is { } problem)
            throw new LabException(problem);
        LabPaths paths = LabPaths.Of(name);
        if (!File.Exists(paths.OptionsFile))
            throw new LabException($"There is no lab '{name}': start one with 'mmm-lab up --name {name}'.");
        LabCluster lab = Open(paths);
        await lab.Keeper.AskAsync(new KeeperProtocol.Request("list"), ct);
        return lab;
    }

    internal static LabCluster Open(LabPaths paths)
    {
        LabOptions options = JsonSerializer.Deserialize<LabOptions>(File.ReadAllText(paths.OptionsFile))!;
        ProcessIdentity keeper = JsonSerializer.Deserialize<ProcessIdentity>(File.ReadAllText(LabLifecycle.KeeperRecord(paths)), KeeperProtocol.Json)!;
        return new LabCluster(new LabPlan(options), paths, LabSecrets.Read(paths), keeper);
    }

    /// <summary>SQL on a DB host, as root through its socket: works also when the host is cut off.</summary>
    public LabServer Server(string host) => new(Plan.Server, Paths, Secrets, Plan.Database(host));

    /// <summary>Everything that was ever started, by key.</summary>
    public Task<IReadOnlyList<KeeperProtocol.KeptState>> ProcessesAsync(CancellationToken ct = default) => Keeper.AskAsync(new KeeperProtocol.Request("list"), ct);

    /// <summary>IPv4 addresses on a host's interface now, its own left out: the role addresses it really has.</summary>
    public async Task<IReadOnlyList<string>> RoleAddressesAsync(string host, CancellationToken ct = default)
    {
        string json = await Tool.RunOrThrowAsync([.. _inside.On(host), "ip", "-j", "-4", "addr", "show", "dev", "eth0"], ct: ct);
        using JsonDocument document = JsonDocument.Parse(json);
        return [.. document.RootElement.EnumerateArray().SelectMany(i => i.TryGetProperty("addr_info", out JsonElement a) ? a.EnumerateArray() : default)
            .Select(a => a.GetProperty("local").GetString()!).Where(ip => ip != Plan[host].Ip).Order(StringComparer.Ordinal)];
    }

    /// <summary>Which host has each role address on its interface; an address on two hosts is listed twice.</summary>
    public async Task<ILookup<string, string>> AddressHoldersAsync(CancellationToken ct = default)
    {
        (string Ip, string Host)[][] all = await Task.WhenAll(Plan.DatabaseHosts.Select(async h =>
            (await RoleAddressesAsync(h.Name, ct)).Select(ip => (ip, h.Name)).ToArray()));
        return all.SelectMany(a => a).ToLookup(a => a.Ip, a => a.Host);
    }

    /// <summary>Runs the command line tool in the client's namespace against this lab's monitors.</summary>
    public Task<ToolResult> MmmAsync(IEnumerable<string> arguments, CancellationToken ct = default) =>
        Tool.RunAsync(MmmCommand(arguments), null, TimeSpan.FromSeconds(60), MmmEnvironment, ct);

    /// <summary>Runs <c>mmm tls</c> in the folder that the nodes take their certificates from, or in another one.</summary>
    public async Task TlsAsync(IEnumerable<string> words, string? folder = null, CancellationToken ct = default)
    {
        await LabCertificates.RunAsync(Paths, Programs, words, ct, folder);
        if (folder is null)
            await LabUsers.HandOverCertificatesAsync(Plan, Paths, ct);
    }

    /// <summary>Environment of <see cref="MmmCommand"/>.</summary>
    internal IReadOnlyDictionary<string, string> MmmEnvironment => Plan.Options.PlainText
        ? Programs.Environment
        : new Dictionary<string, string>(Programs.Environment) { ["MMM_TLS_CA"] = LabCertificates.Authority(Paths) };

    /// <summary>Ends this process's connections to the lab; the lab itself goes on.</summary>
    public void Dispose() => Http.Dispose();

    internal IReadOnlyList<string> MmmCommand(IEnumerable<string> arguments) =>
    [
        .. _inside.On("client"), Programs.Dotnet, Programs.Control,
        "--monitors", string.Join(',', Plan.Hosts.Where(h => LabPrograms.Of(Plan, h).Contains(LabPrograms.Monitor)).Select(m => $"{m.Ip}:{LabPlan.HttpPort}")), "--token-file", Paths.TokenFile, .. arguments,
    ];
}
