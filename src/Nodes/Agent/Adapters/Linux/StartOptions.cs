using System.Collections.Immutable;
using System.Text.Json;
using Mmm.Shared.Agents;

namespace Mmm.Agent.Adapters.Linux;

/// <summary>Reads the option files of a running mysqld, as that process sees them. Nothing of them is kept but <see cref="OptionFiles.Names"/>; nothing is run.</summary>
internal static class StartOptions
{
    /// <summary>No option file is larger.</summary>
    private const int Largest = 1 << 16;

    /// <param name="pid">The process.</param>
    /// <param name="version">@@version.</param>
    /// <param name="dataFolder">@@datadir.</param>
    /// <returns>Null when the command line, or a file that it names, cannot be read.</returns>
    public static ImmutableArray<ServerVariable>? Read(int pid, string version, string dataFolder)
    {
        if (TryRead($"/proc/{pid}/cmdline") is not { Length: > 0 } commandLine)
            return null;
        var files = new OptionFiles(version.Contains("MariaDB", StringComparison.OrdinalIgnoreCase), version, path => TryRead(Seen(pid, path)), folder => List(Seen(pid, folder)));
        return files.Of(commandLine.Split('\0', StringSplitOptions.RemoveEmptyEntries), Persisted(TryRead(Seen(pid, Path.Combine(dataFolder, "mysqld-auto.cnf")))));
    }

    /// <summary>MySQL's SET PERSIST: objects of variables, each with its Value (manual, "Persisted System Variables").</summary>
    private static IEnumerable<ServerVariable> Persisted(string? json)
    {
        if (json is null)
            return [];
        try
        {
            using var document = JsonDocument.Parse(json);
            return
            [
                .. from section in Objects(document.RootElement)
                   from variable in section.Value.EnumerateObject()
                   where variable.Value.ValueKind == JsonValueKind.Object && variable.Value.TryGetProperty("Value", out JsonElement value) && value.ValueKind == JsonValueKind.String
                   select new ServerVariable(variable.Name, variable.Value.GetProperty("Value").GetString()!),
            ];
        }
        catch (JsonException)
        {
            // mysqld writes it anew, and says itself what it thinks of a damaged one.
            return [];
        }
    }

    private static IEnumerable<JsonProperty> Objects(JsonElement root) =>
        root.ValueKind == JsonValueKind.Object ? root.EnumerateObject().Where(p => p.Value.ValueKind == JsonValueKind.Object) : [];

    /// <summary>Where mysqld's own file systems are not ours (a container, a unit with a private view), this leads into them.</summary>
    private static string Seen(int pid, string path) => Path.IsPathRooted(path) ? $"/proc/{pid}/root{path}" : $"/proc/{pid}/cwd/{path}";

    private static IEnumerable<string> List(string folder)
    {
        try
        {
            return [.. Directory.EnumerateFiles(folder).Select(f => Path.GetFileName(f))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static string? TryRead(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            byte[] bytes = new byte[Largest];
            int length = file.ReadAtLeast(bytes, Largest, throwOnEndOfStream: false);
            return length == Largest ? null : System.Text.Encoding.UTF8.GetString(bytes, 0, length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not there, or not ours to read.
            return null;
        }
    }
}
