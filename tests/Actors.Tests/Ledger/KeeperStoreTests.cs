using System.Collections.Immutable;
using Mmm.Actors.Ledger;
using Mmm.Shared.Ledger;
using Xunit;

namespace Mmm.Actors.Tests.Ledger;

public sealed class KeeperStoreTests : IDisposable
{
    private static readonly ImmutableArray<string> s_clusters = ["C1", "C2"];

    private readonly string _dir = Directory.CreateTempSubdirectory("mmm-keeper-").FullName;

    private string Database => Path.Combine(_dir, "keeper.db");

    public void Dispose() => Directory.Delete(_dir, recursive: true);

    [Fact]
    public void What_was_written_is_read_again_to_the_last_field()
    {
        KeeperRecord first = Record("C1", 1, "{\"ü\":\"\\\"\"}"), second = Record("C2", 7, null);
        using (KeeperStore store = Open())
        {
            Assert.Empty(store.Records);
            Assert.Empty(store.Lost);
            store.Write(Record("C1", 0, "old"));
            store.Write(first);
            store.Write(second);
        }

        using KeeperStore again = Open();
        Assert.Empty(again.Lost);
        AssertSame(first, again.Records["C1"]);
        AssertSame(second, again.Records["C2"]);
    }

    [Fact]
    public void A_disk_without_room_for_another_record_is_told_when_it_is_opened_not_at_the_next_write()
    {
        using (KeeperStore store = Open())
            store.Write(Record("C1", 1, "{}"));
        // Whatever is written there, the disk is full.
        File.CreateSymbolicLink(Database + ".room", "/dev/full");

        KeeperStoreException e = Assert.Throws<KeeperStoreException>(Open);

        Assert.StartsWith($"{Database} cannot be written, as its disk is full or does not take 256 KiB: No space left on device", e.Message, StringComparison.Ordinal);
        using KeeperStore again = Open();
        AssertSame(Record("C1", 1, "{}"), again.Records["C1"]);
        Assert.DoesNotContain(Directory.GetFiles(_dir), f => f.EndsWith(".room", StringComparison.Ordinal));
    }

    [Fact]
    public void Looking_does_not_make_a_file()
    {
        Open().Dispose();
        Assert.False(File.Exists(Database));
    }

    [Fact]
    public void An_empty_file_and_one_of_another_program_are_damaged_not_new()
    {
        File.WriteAllBytes(Database, []);
        AssertAllLost("it is empty");
        File.WriteAllText(Database, new string('x', 5000));
        AssertAllLost("not a database");
        using (var other = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={Path.Combine(_dir, "other.db")};Pooling=False"))
        {
            other.Open();
            using Microsoft.Data.Sqlite.SqliteCommand make = other.CreateCommand();
            make.CommandText = "CREATE TABLE record (x)";
            make.ExecuteNonQuery();
        }

        File.Move(Path.Combine(_dir, "other.db"), Database, overwrite: true);
        AssertAllLost("not a keeper's file");
    }

    [Fact]
    public void After_damage_a_cluster_whose_records_have_not_been_copied_yet_stays_lost_across_restarts()
    {
        File.WriteAllText(Database, "damaged");
        using (KeeperStore store = Open())
            store.Write(Record("C1", 3, "copied"));

        using KeeperStore again = Open();
        Assert.Equal(["C1"], again.Records.Keys);
        Assert.Equal(["C2"], again.Lost.Keys);
    }

    [Fact]
    public void A_rollback_journal_left_behind_by_a_deleted_file_is_not_played_into_a_new_one()
    {
        using (KeeperStore store = Open())
            store.Write(Record("C1", 3, "old"));
        byte[] journal = File.ReadAllBytes(Database);
        File.Delete(Database);
        File.WriteAllBytes(Database + "-journal", journal);
        using (KeeperStore store = Open())
            store.Write(Record("C1", 4, "new"));
        using KeeperStore again = Open();
        Assert.Equal("new", again.Records["C1"].Document);
    }

    [Fact]
    public void A_file_of_another_release_is_left_alone_and_named()
    {
        using (KeeperStore store = Open())
            store.Write(Record("C1", 3, "kept"));
        byte[] content = File.ReadAllBytes(Database);
        content[63] = 2; // user_version, sqlite.org/fileformat.html: bytes 60-63
        File.WriteAllBytes(Database, content);
        Assert.Contains("another release", Assert.Throws<KeeperStoreException>(Open).Message);
        Assert.Equal(content, File.ReadAllBytes(Database));
    }

    [Fact]
    public void Random_damage_ends_in_the_same_records_or_in_lost_ones_never_in_others_or_in_none()
    {
        KeeperRecord[] written = [Record("C1", 1, new string('a', 6000)), Record("C2", 7, "short")];
        using (KeeperStore store = Open())
        {
            foreach (KeeperRecord r in written)
                store.Write(r);
        }

        byte[] whole = File.ReadAllBytes(Database);
        var random = new Random(20240229);
        int lost = 0;
        for (int i = 0; i < 600; i++)
        {
            File.WriteAllBytes(Database, Damage(whole, random));
            using KeeperStore store = Open();
            if (store.Lost.Count > 0)
            {
                lost++;
                Assert.Equal(s_clusters, store.Lost.Keys.Order());
                Assert.Empty(store.Records);
                continue;
            }

            foreach (KeeperRecord r in written)
                AssertSame(r, store.Records[r.Cluster]);
        }

        Assert.InRange(lost, 200, 599);
    }

    private static byte[] Damage(byte[] whole, Random random)
    {
        byte[] content = [.. whole];
        int at = random.Next(content.Length);
        switch (random.Next(4))
        {
            case 0:
                return content[..at];
            case 1:
                content.AsSpan(at, Math.Min(512, content.Length - at)).Clear();
                return content;
            case 2:
                random.NextBytes(content.AsSpan(at, Math.Min(64, content.Length - at)));
                return content;
            default:
                content[at] ^= (byte)(1 << random.Next(8));
                return content;
        }
    }

    private void AssertAllLost(string why)
    {
        using KeeperStore store = Open();
        Assert.Empty(store.Records);
        Assert.Equal(s_clusters, store.Lost.Keys.Order());
        Assert.All(store.Lost.Values, w => Assert.Contains(why, w));
    }

    private KeeperStore Open() => KeeperStore.Open(_dir, s_clusters);

    private static KeeperRecord Record(string cluster, long version, string? document)
    {
        var epoch = new Epoch(9, "mon2", "i");
        return new KeeperRecord(
            cluster, ["mon1", "mon2", "mon3"], 77, [new KeeperLife("mon2", 5)], new Epoch(10, "mon3", "j"),
            document is null ? DecisionId.None : new DecisionId(epoch, version), document);
    }

    private static void AssertSame(KeeperRecord expected, KeeperRecord actual) =>
        Assert.Null(Serialization.WireSamples.Difference(expected, actual, expected.Cluster));
}
