using Mmm.Actors.Agents;
using Mmm.Agent.Adapters.Tail;
using Mmm.Shared.Agents;
using Xunit;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Agent.Tests.Real;

/// <summary>The log of a real server, whose number is 39, and from which a replica has applied what lies before a place.</summary>
public sealed class OwnWritesTests(BinlogEndTests.RealLog log) : IClassFixture<BinlogEndTests.RealLog>, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mmm-binlog-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void From_each_place_on_those_that_lie_behind_it_are_found_and_where_they_do()
    {
        for (int at = 0; at < log.Ends.Count; at++)
        {
            LogChecked found = Find(log.LastName, log.Ends[at]);

            int behind = log.Ends.Count - 1 - at;
            Assert.Equal((behind, behind == 0 ? null : new BinlogPosition(log.LastName, log.Ends[at]), behind == 0 ? null : new BinlogPosition(log.LastName, log.Ends[^1])), (found.Own, found.First, found.Last));
        }
    }

    [Fact]
    public void Later_files_belong_to_it()
    {
        LogChecked all = Find(log.FirstName, 4);

        Assert.Equal((new BinlogPosition(log.FirstName, 4), new BinlogPosition(log.LastName, log.Ends[^1])), (all.First, all.Last));
        Assert.True(all.Own > log.Ends.Count - 1);
        Assert.Equal(log.Ends.Count - 1, Find(log.FirstName, log.First.Length).Own);
    }

    [Fact]
    public void What_another_server_wrote_is_none_of_its_own()
    {
        LogChecked found = Find(log.FirstName, 4, server: 38);

        Assert.Equal((0, null, null), (found.Own, found.First, found.Last));
    }

    [Theory]
    [InlineData("binlog.000099", 4, "is not in the binary log any more")]
    [InlineData(null, 1_000_000, "the server has lost what it had written (sync_binlog)")]
    public void A_place_that_the_log_does_not_have_is_no_answer(string? file, long position, string why) =>
        Assert.Contains(why, Assert.Throws<TailException>(() => Find(file ?? log.LastName, position)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_damaged_log_is_no_answer()
    {
        byte[] damaged = [.. log.Last];
        damaged[log.Ends[^2] + 30] ^= 0x10;

        Assert.Contains("checksum", Assert.Throws<TailException>(() => Find(log.LastName, log.Ends[0], last: damaged)).Message, StringComparison.Ordinal);
    }

    private LogChecked Find(string file, long position, long server = 39, byte[]? last = null)
    {
        foreach ((string name, byte[] content) in new[] { (log.FirstName, log.First), (log.LastName, last ?? log.Last) })
            File.WriteAllBytes(Path.Combine(_folder, name), content);
        File.WriteAllLines(Path.Combine(_folder, "binlog.index"), [log.FirstName, log.LastName]);
        var files = new BinlogFiles(Path.Combine(_folder, "binlog.index"), _folder, server, null, "9.7.0", "OFF");
        return OwnWrites.Find(BinlogIndex.Read(files), server, new LogCheck(new BinlogPosition(file, position), DateTimeOffset.UnixEpoch), CancellationToken.None);
    }
}
