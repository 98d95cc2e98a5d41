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
#pragma warning disable CA1001 // Lives as long as the process; a semaphore without a wait handle holds nothing.
public sealed class AgentStateFile : IAgentStore
#pragma warning restore CA1001
{
    private const int FormatNow = 1;

    /// <summary>A write the caller has given up on may still be under way; the next one must neither mix with it nor be overtaken by it.</summary>
    private readonly SemaphoreSlim _oneAtATime = new(1);

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

    public async Task SaveAsync(AgentMemory memory, CancellationToken cancel)
    {
        await _oneAtATime.WaitAsync(cancel);
        try
        {
            // Not to be cancelled from here on: half a write is no better than a slow one.
            await Task.Run(() => Save(memory), CancellationToken.None);
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

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
        string? failure = LibC.Fsync(fd) < 0 ? LibC.LastError() : null;
        _ = LibC.Close(fd);
        if (failure is not null)
            throw new IOException($"{_folder} could not be synced: {failure}");
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
