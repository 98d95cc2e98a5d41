namespace Mmm.Cluster.Tests;

/// <summary>The files beside the code that tests compare with it.</summary>
internal static class Repository
{
    private static readonly string _root = Root();

    public static string PathOf(params ReadOnlySpan<string> parts) => Path.Combine([_root, .. parts]);

    public static string Read(params ReadOnlySpan<string> parts) => File.ReadAllText(PathOf(parts));

    private static string Root()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Mmm.Actors.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("the tests do not run inside the repository");
    }
}
