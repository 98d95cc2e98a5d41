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
    /// <returns>Null when the command line, or a file that it names, cannot be read, or any of the files may not be: what is not seen could be in it.</returns>
    public static ImmutableArray<ServerVariable>? Read(int pid, string version, string dataFolder)
    {
        bool forbidden = false;
        if (Try($"/proc/{pid}/cmdline", ReadAll) is not { Length: > 0 } commandLine || MysqldView.Of(pid) is not { } view)
            return null;
        var files = new OptionFiles(
            ServerVersion.Parse(version),
            path => Try(view.Reach(path), ReadAll), folder => Try(view.Reach(folder), f => Directory.EnumerateFiles(f).Select(n => Path.GetFileName(n)).ToList()) ?? []);
        ImmutableArray<ServerVariable>? found = files.Of(
            commandLine.Split('\0', StringSplitOptions.RemoveEmptyEntries), Persisted(Try(view.Reach(Path.Combine(dataFolder, "mysqld-auto.cnf")), ReadAll)));
        return forbidden ? null : found;

        T? Try<T>(string? path, Func<string, T> read)
        {
            try
            {
                return path is null ? throw new UnauthorizedAccessException() : read(path);
            }
            catch (UnauthorizedAccessException)
            {
                forbidden = true;
                return default;
            }
            catch (IOException)
            {
                // Not there.
                return default;
            }
        }
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

    private static string? ReadAll(string path)
    {
        using FileStream file = File.OpenRead(path);
        byte[] bytes = new byte[Largest];
        int length = file.ReadAtLeast(bytes, Largest, throwOnEndOfStream: false);
        return length == Largest ? null : System.Text.Encoding.UTF8.GetString(bytes, 0, length);
    }
}
