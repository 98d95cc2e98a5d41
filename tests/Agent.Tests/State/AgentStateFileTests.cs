using Mmm.Actors.Agents;
using Mmm.Agent.Adapters.State;
using Mmm.Shared.Agents;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Xunit;

namespace Mmm.Agent.Tests.State;

public sealed class AgentStateFileTests : IDisposable
{
    private static readonly AgentMemory s_memory = new(
        new DecisionId(new Epoch(3, "mon2", "abc"), 17),
        new StoppedThreads(true, false),
        new AgentProtocol.TakeOver(new DecisionId(new Epoch(3, "mon2", "abc"), 15), new AgentProtocol.BinlogPosition("binlog.000009", 12345)),
        null,
        null);

    private readonly string _folder = Directory.CreateTempSubdirectory("mmm-agent-state-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_missing_file_is_an_empty_memory() =>
        Assert.Equal(AgentMemory.Empty, await File("C1", "db1").LoadAsync(TestContext.Current.CancellationToken));

    [Fact]
    public async Task What_is_saved_is_read_by_the_next_process()
    {
        await File("C1", "db1").SaveAsync(AgentMemory.Empty, TestContext.Current.CancellationToken);
        await File("C1", "db1").SaveAsync(s_memory, TestContext.Current.CancellationToken);
        Assert.Equal(s_memory, await File("C1", "db1").LoadAsync(TestContext.Current.CancellationToken));
        Assert.Equal(["agent-C1-db1.json"], Directory.GetFiles(_folder).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("{\"Format\":1,\"Cluster\":\"C1\",\"Host\":\"db1\",\"Memory\":{}}")]
    [InlineData("{\"Format\":1,\"Cluster\":\"C1\",\"Host\":\"db1\",\"Memory\":{\"Highest\":null,\"Stopped\":null,\"TakeOver\":null,\"Noted\":null,\"WritableFor\":null}}")]
    [InlineData("{\"Format\":1,\"Cluster\":\"C1\",\"Host\":\"db1\",\"Memory\":{\"Highest\":{\"Epoch\":{\"Counter\":1,\"Node\":\"a\"},\"Version\":1},\"Stopped\":null,\"TakeOver\":null,\"Noted\":null,\"WritableFor\":null}}")]
    public async Task A_damaged_file_is_never_taken_for_an_empty_one(string content)
    {
        AgentStateFile file = File("C1", "db1");
        await System.IO.File.WriteAllTextAsync(file.Path, content, TestContext.Current.CancellationToken);
        AgentStoreException e = await Assert.ThrowsAsync<AgentStoreException>(() => file.LoadAsync(TestContext.Current.CancellationToken));
        Assert.Contains(file.Path, e.Message, StringComparison.Ordinal);
        Assert.Contains("damaged", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_hosts_file_is_refused()
    {
        AgentStateFile other = File("C1", "db2");
        await other.SaveAsync(s_memory, TestContext.Current.CancellationToken);
        System.IO.File.Move(other.Path, File("C1", "db1").Path);
        AgentStoreException e = await Assert.ThrowsAsync<AgentStoreException>(() => File("C1", "db1").LoadAsync(TestContext.Current.CancellationToken));
        Assert.Contains("belongs to host 'db2'", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unwritable_folder_fails_with_the_file_and_the_reason_and_keeps_the_old_memory()
    {
        AgentStateFile file = File("C1", "db1");
        await file.SaveAsync(s_memory, TestContext.Current.CancellationToken);
        // A folder of the temporary file's name is in the way: root too cannot write then, whatever the permissions.
        Directory.CreateDirectory(file.Path + ".new");
        AgentStoreException e = await Assert.ThrowsAsync<AgentStoreException>(() => file.SaveAsync(AgentMemory.Empty, TestContext.Current.CancellationToken));
        Assert.Contains("cannot be written", e.Message, StringComparison.Ordinal);
        Assert.Equal(s_memory, await file.LoadAsync(TestContext.Current.CancellationToken));
    }

    private AgentStateFile File(string cluster, string host) => new(_folder, cluster, host);
}
