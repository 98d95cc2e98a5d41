using System.Runtime.Versioning;
using System.Text;
using Mmm.Actors.Configuration;
using Mmm.Shared.Settings;
using Mmm.Shared.Settings.Hocon;
using Xunit;

namespace Mmm.Actors.Tests.Configuration;

[SupportedOSPlatform("linux")]
public sealed class FileHoconSourceTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("mmm-config-");
    private readonly FileHoconSource _source = new();

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void A_relative_name_is_beside_the_including_file()
    {
        Directory.CreateDirectory(InFolder("sub"));
        Write("sub/a.conf", "x");
        string including = Write("sub/main.conf", "y");

        HoconLookup.Found found = Assert.IsType<HoconLookup.Found>(_source.Find("a.conf", including));

        Assert.Equal(InFolder("sub/a.conf"), found.Path);
        Assert.Equal("x", found.Text);
    }

    [Theory]
    [InlineData(OwnerOnly, false)]
    [InlineData(OwnerOnly | UnixFileMode.GroupRead, false)]
    [InlineData(OwnerOnly | UnixFileMode.OtherRead, true)]
    public void The_mode_says_whether_every_user_may_read_it(UnixFileMode mode, bool byOthers) =>
        Assert.Equal(byOthers, Assert.IsType<HoconLookup.Found>(_source.Find(Write("a.conf", "x", mode), null)).ReadableByOthers);

    [Fact]
    public void What_is_not_there_is_missing() =>
        Assert.Equal(new HoconLookup.Missing(InFolder("none/no.conf")), _source.Find("none/no.conf", InFolder("main.conf")));

    [Fact]
    public void A_folder_is_unreadable_not_missing() =>
        Assert.Contains("folder", Assert.IsType<HoconLookup.Unreadable>(_source.Find(_folder.FullName, null)).Reason, StringComparison.Ordinal);

    [Fact]
    public void A_device_is_no_configuration() => Assert.IsType<HoconLookup.Unreadable>(_source.Find("/dev/zero", null));

    [Fact]
    public void An_impossible_name_is_an_answer() => Assert.IsType<HoconLookup.Unreadable>(_source.Find("a\0b", InFolder("main.conf")));

    [Fact]
    public void Latin_1_is_refused_instead_of_garbled()
    {
        string path = Write("latin1.conf", string.Empty);
        File.WriteAllBytes(path, Encoding.Latin1.GetBytes("password = \"é\""));

        Assert.Contains("UTF-8", Assert.IsType<HoconLookup.Unreadable>(_source.Find(path, null)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_names_of_a_file_are_one_file()
    {
        string real = Write("real.conf", "x");
        File.CreateSymbolicLink(InFolder("link.conf"), real);

        Assert.Equal(real, Assert.IsType<HoconLookup.Found>(_source.Find("link.conf", real)).Path);
    }

    [Fact]
    public void An_include_circle_through_a_link_is_found()
    {
        string a = Write("a.conf", "include \"link.conf\"");
        File.CreateSymbolicLink(InFolder("link.conf"), a);

        SettingsException refused = Assert.Throws<SettingsException>(() => ConfigFile.Load(a, NodeKind.Tool));

        Assert.Contains("circle", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_node_reads_its_files()
    {
        Write("common.conf", Common);
        string main = Write("agent.conf", "include required(\"common.conf\")\nthis = db1\n", OwnerOnly | UnixFileMode.OtherRead);

        MmmSettings settings = ConfigFile.Load(main, NodeKind.Agent, "db2").Settings;

        Assert.Equal("db2", settings.This);
        Assert.Equal("C1", settings.ThisCluster);
        Assert.Equal("secret of the agent", settings.Clusters["C1"].AgentUser.Password.Reveal());
    }

    [Fact]
    public void A_password_file_that_every_user_can_read_is_refused()
    {
        Write("common.conf", Common, OwnerOnly | UnixFileMode.OtherRead);
        string main = Write("agent.conf", "include required(\"common.conf\")\nthis = db1\n");

        SettingsException refused = Assert.Throws<SettingsException>(() => ConfigFile.Load(main, NodeKind.Agent));

        Assert.Contains("every user can read", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret of the agent", refused.Message, StringComparison.Ordinal);
    }

    private const string Common = """
        monitors { mon1 { address = "10.0.0.1" }, mon2 { address = "10.0.0.2" }, mon3 { address = "10.0.0.3" } }
        tls.required = off
        cluster C1 {
          agent_password = "secret of the agent"
          replication_password = "secret of the replication"
          hosts {
            db1 { ip = "10.0.0.11", mode = master, peer = db2 }
            db2 { ip = "10.0.0.12", mode = master, peer = db1 }
          }
          roles.writer { mode = exclusive, hosts = [db1, db2], ips = ["10.0.0.50"] }
        }
        """;

    private string InFolder(string name) => Path.Combine(_folder.FullName, name);

    private string Write(string name, string text, UnixFileMode mode = OwnerOnly)
    {
        string path = InFolder(name);
        File.WriteAllText(path, text);
        File.SetUnixFileMode(path, mode);
        return path;
    }
}
