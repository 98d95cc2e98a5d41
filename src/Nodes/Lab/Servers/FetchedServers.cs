namespace Mmm.Lab.Servers;

/// <summary>Servers that this machine's own release has no package of: <c>.ci/servers.sh</c> fetches them.</summary>
internal static class FetchedServers
{
    /// <summary>Root of the server's own file system tree.</summary>
    public static string Root(string name)
    {
        string folder = Path.Combine(Environment.GetEnvironmentVariable("MMM_SERVERS") is { Length: > 0 } set ? set : "/var/cache/mmm-servers", name);
        return File.Exists(Path.Combine(folder, "complete"))
            ? Path.Combine(folder, "root")
            : throw new LabException($"The server {name} is not in {folder}: fetch it with '.ci/servers.sh {name}' (environment MMM_SERVERS: where they are kept).");
    }
}
