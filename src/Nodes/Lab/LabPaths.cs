namespace Mmm.Lab;

/// <summary>Where a lab keeps everything: one folder, so that removing the folder removes its every file.</summary>
public sealed record LabPaths(string Dir)
{
    private const string FolderPrefix = "mmm-lab-";

    /// <summary>Parent of all labs' folders: <c>MMM_LAB_ROOT</c>, else /tmp (short, because unix socket paths end at 107 characters).</summary>
    public static string Root => Environment.GetEnvironmentVariable("MMM_LAB_ROOT") is { Length: > 0 } root ? root : "/tmp";

    public static LabPaths Of(string name) => new(Path.Combine(Root, FolderPrefix + name));

    /// <summary>Names of the labs that exist, running or half removed.</summary>
    public static IEnumerable<string> Names() => !Directory.Exists(Root)
        ? []
        : Directory.EnumerateDirectories(Root, FolderPrefix + "*").Select(d => Path.GetFileName(d)[FolderPrefix.Length..])
            .Where(n => new LabOptions { Name = n }.Problem() is null).Order(StringComparer.Ordinal);

    public string Name => Path.GetFileName(Dir)[FolderPrefix.Length..];

    public string OptionsFile => Path.Combine(Dir, "lab.json");

    public string SecretsFile => Path.Combine(Dir, "secrets.json");

    /// <summary>Bearer token of the management endpoints, for <c>--token-file</c>.</summary>
    public string TokenFile => Path.Combine(Dir, "token");

    /// <summary>Present once <c>up</c> has gone all the way.</summary>
    public string ReadyFile => Path.Combine(Dir, "ready");

    public string KeeperSocket => Path.Combine(Dir, "keeper.sock");

    public string CutsFile => Path.Combine(Dir, "cuts.json");

    public string ForwardFile => Path.Combine(Dir, "forward.json");

    public string Template => Path.Combine(Dir, "template");

    public string Logs => Path.Combine(Dir, "log");

    public string Records => Path.Combine(Dir, "run");

    public string Configs => Path.Combine(Dir, "conf");

    /// <summary>The authority and the nodes' certificates; not in a lab of plain text.</summary>
    public string Certificates => Path.Combine(Configs, "tls");

    public string CommonConfig => Path.Combine(Configs, "mmm-common.conf");

    public string Namespaces => Path.Combine(Dir, "ns");

    public string NamespaceOf(string host) => Path.Combine(Namespaces, host);

    public string Log(string host, string program) => Path.Combine(Logs, $"{host}-{program}.log");

    public string HostDir(string host) => Path.Combine(Dir, host);

    /// <summary>How far the host's clock is off, as libfaketime reads it; only in a lab with clocks.</summary>
    public string ClockFile(string host) => Path.Combine(HostDir(host), "clock");

    public string DataDir(string host) => Path.Combine(HostDir(host), "data");

    /// <summary>File that holds the file system at <see cref="DataDir"/>; only in a lab with disks.</summary>
    public string DiskImage(string host) => Path.Combine(HostDir(host), "disk.img");

    public string MysqlSocket(string host) => Path.Combine(HostDir(host), "mysqld.sock");

    public string MysqlPidFile(string host) => Path.Combine(HostDir(host), "mysqld.pid");

    public string MysqlConfig(string host) => Path.Combine(HostDir(host), "my.cnf");

    /// <summary>The agent's or monitor's own state folder.</summary>
    public string StateDir(string host, string program) => Path.Combine(HostDir(host), program);

    public string ClientReport => Path.Combine(HostDir("client"), "report.json");

    public string ClientAcknowledged => Path.Combine(HostDir("client"), "acknowledged");

    public string ClientSettings => Path.Combine(HostDir("client"), "settings.json");
}
