using System.Text.Json;
using System.Text.Json.Serialization;
using Mmm.Actors.Agents;
using Mmm.Agent.Adapters.Linux;
using Mmm.Shared.Agents;

namespace Mmm.Agent.Adapters.State;

/// <summary>
/// The agent's memory in <c>state_dir/agent-CLUSTER-HOST.json</c>: written to a file beside it, synced, renamed, and the folder synced, so that a
/// power cut leaves either the old or the new one.
/// </summary>
public sealed class AgentStateFile : IAgentStore
{
    private const int FormatNow = 1;

    private readonly string _folder;
    private readonly string _cluster;
    private readonly string _host;

    public AgentStateFile(string folder, string cluster, string host)
    {
        _folder = folder;
        _cluster = cluster;
        _host = host;
        Path = System.IO.Path.Combine(folder, $"agent-{cluster}-{host}.json");
    }

    public string Path { get; }

    public Task<AgentMemory> LoadAsync(CancellationToken cancel) => Task.Run(Load, cancel);

    public Task SaveAsync(AgentMemory memory, CancellationToken cancel) => Task.Run(() => Save(memory), cancel);

    private AgentMemory Load()
    {
        try
        {
            if (!File.Exists(Path))
                return AgentMemory.Empty;
            AgentState state = JsonSerializer.Deserialize(File.ReadAllBytes(Path), AgentStateJson.Strict.AgentState)
                ?? throw new JsonException("it is empty");
            if (state.Format != FormatNow)
                throw new AgentStoreException($"{Path} has format {state.Format}, this agent reads {FormatNow}: install the version that wrote it");
            if (state.Cluster != _cluster || state.Host != _host)
                throw new AgentStoreException($"{Path} belongs to host '{state.Host}' of cluster '{state.Cluster}': it was copied from there; move it away");
            return state.Memory;
        }
        catch (JsonException e)
        {
            throw new AgentStoreException(
                $"{Path} is damaged ({e.Message}): move it away once you know that no monitor is cut off from the others, so that no outdated order can be taken for a new one", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new AgentStoreException($"{Path} cannot be read: {e.Message}", e);
        }
    }

    private void Save(AgentMemory memory)
    {
        string fresh = Path + ".new";
        try
        {
            using (var file = new FileStream(fresh, FileMode.Create, FileAccess.Write, FileShare.None))
            {
                JsonSerializer.Serialize(file, new AgentState(FormatNow, _cluster, _host, memory), AgentStateJson.Strict.AgentState);
                file.Flush(flushToDisk: true);
            }

            File.Move(fresh, Path, overwrite: true);
            SyncFolder();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new AgentStoreException($"{Path} cannot be written: {e.Message}", e);
        }
    }

    private void SyncFolder()
    {
        int fd = LibC.Open(_folder, LibC.OpenDirectory);
        if (fd < 0)
            throw new IOException($"{_folder}: {LibC.LastError()}");
        int synced = LibC.Fsync(fd);
        string why = LibC.LastError();
        _ = LibC.Close(fd);
        if (synced < 0)
            throw new IOException($"{_folder} could not be synced: {why}");
    }
}

/// <summary>What the file holds.</summary>
internal sealed record AgentState(int Format, string Cluster, string Host, AgentMemory Memory);

[JsonSerializable(typeof(AgentState))]
internal sealed partial class AgentStateJson : JsonSerializerContext
{
    /// <summary>A field that is missing or null where it may not be is damage, not a default.</summary>
    public static AgentStateJson Strict { get; } = new(new JsonSerializerOptions
    {
        WriteIndented = true,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    });
}
