using System.Runtime.InteropServices;

namespace Mmm.Lab;

/// <summary>Where the programs that run in a lab are found, and how a .NET program is started.</summary>
public sealed class Programs
{
    private readonly string? _folder;

    /// <param name="folder">Folder with one sub-folder or all files of mmm-monitor, mmm-agent and mmm; null: this program's own build output's neighbours.</param>
    public Programs(string? folder) => _folder = folder;

    public string Monitor => Find("mmm-monitor", "Monitor");

    public string Agent => Find("mmm-agent", "Agent");

    public string Control => Find("mmm", "Control");

    /// <summary>The lab's own program, for its background processes.</summary>
    public static string Lab => typeof(Programs).Assembly.Location;

    /// <summary>The dotnet host that runs us; the programs run on the same.</summary>
    public static string Dotnet { get; } = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../../dotnet"));

    /// <summary>
    /// Small heaps (a lab runs many processes on few cores) and no diagnostics sockets, which a killed process leaves in /tmp.
    /// </summary>
    public static IReadOnlyDictionary<string, string> Environment { get; } = new Dictionary<string, string>
    {
        ["DOTNET_gcServer"] = "0",
        ["DOTNET_TieredPGO"] = "0",
        ["DOTNET_EnableDiagnostics"] = "0",
        ["DOTNET_NOLOGO"] = "1",
        ["LC_ALL"] = "C.UTF-8",
    };

    private string Find(string assembly, string project)
    {
        string dll = assembly + ".dll";
        string[] places = _folder is { } folder
            ? [Path.Combine(folder, dll), Path.Combine(folder, assembly, dll), Path.Combine(folder, project, dll)]
            : NextToUs(project).Select(d => Path.Combine(d, dll)).ToArray();
        return places.FirstOrDefault(File.Exists) is { } found
            ? Path.GetFullPath(found)
            : throw new LabException($"{dll} was not found in {string.Join(" or ", places.Select(Path.GetDirectoryName))}: build the solution first, or say where it is with --programs.");
    }

    /// <summary>…/src/Nodes/Monitor/bin/Release/net10.0 for …/{src/Nodes/Lab,tests/Lab.Tests}/bin/Release/net10.0; else our own folder (a published copy).</summary>
    private static IEnumerable<string> NextToUs(string project)
    {
        DirectoryInfo framework = new(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        string configuration = framework.Parent?.Name ?? "Release";
        for (DirectoryInfo? up = framework; up is not null; up = up.Parent)
        {
            if (File.Exists(Path.Combine(up.FullName, "Mmm.Actors.sln")))
            {
                yield return Path.Combine(up.FullName, "src", "Nodes", project, "bin", configuration, framework.Name);
                yield break;
            }
        }

        yield return framework.FullName;
    }
}
