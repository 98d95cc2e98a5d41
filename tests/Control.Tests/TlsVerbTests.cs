using System.Security.Cryptography.X509Certificates;
using Mmm.Shared.Security;
using Mmm.Shared.Settings;
using Xunit;

namespace Mmm.Control.Tests;

/// <summary><c>mmm tls</c> on files.</summary>
public sealed class TlsVerbTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mmm-tls-verbs-").FullName;
    private readonly Cli _cli = new();

    public TlsVerbTests() => File.WriteAllText(Config, """
        monitors { mon1.address = "10.0.0.1", mon2.address = mon2.example.com, mon3.address = "fd00::3" }
        cluster C1 {
          hosts {
            db1 { ip = "10.0.0.11", mode = master, peer = db2 }
            db2 { ip = "10.0.0.12", mode = master, peer = db1 }
          }
          roles.writer { mode = exclusive, hosts = [db1, db2], ips = ["10.0.0.50"] }
        }
        cluster C2 {
          hosts {
            db1 { ip = "10.0.1.11", mode = master, peer = db3 }
            db3 { ip = "10.0.1.12", mode = master, peer = db1 }
          }
          roles.writer { mode = exclusive, hosts = [db1, db3], ips = ["10.0.1.50"] }
        }
        """);

    private string Config => Path.Combine(_folder, "mmm.conf");

    private string Dir => Path.Combine(_folder, "tls");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task What_it_makes_is_taken_by_the_nodes_and_keys_are_private()
    {
        await OkAsync("init");
        string said = await OkAsync("issue", "--all", "--config", Config);
        Assert.Equal(7, said.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        foreach ((string file, PeerName name, string address) in new[]
        {
            ("monitor-mon1", PeerName.Monitor("mon1"), "10.0.0.1"), ("monitor-mon2", PeerName.Monitor("mon2"), "mon2.example.com"), ("monitor-mon3", PeerName.Monitor("mon3"), "fd00::3"),
            ("monitor-mon1", PeerName.Monitor("mon1"), "127.0.0.1"), ("agent-C1-db1", PeerName.Agent("C1", "db1"), "10.0.0.11"), ("agent-C2-db1", PeerName.Agent("C2", "db1"), "10.0.1.11"),
        })
        {
            Certificates made = Read(file);
            Assert.Null(made.WhyNotFor(name, address));
            Assert.Null(made.Rule.WhyNotOut(made.Own, [], name.Kind, address, DateTimeOffset.UtcNow));
            Assert.Null(made.Ending(DateTimeOffset.UtcNow));
        }

        if (!OperatingSystem.IsWindows())
        {
            foreach (string key in Directory.GetFiles(Dir, "*.key"))
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(key));
        }
    }

    [Fact]
    public async Task A_clients_certificate_is_no_nodes()
    {
        await OkAsync("init");
        Assert.Contains("client anna, operator", await OkAsync("issue", "--client", "anna", "--role", "operator"), StringComparison.Ordinal);
        Certificates anna = Read("client-anna");
        Assert.Equal(PeerName.Client("anna", ApiRole.Operator), anna.Name);
        Assert.Null(anna.Rule.WhyNotIn(anna.Own, [], [PeerKind.Client], DateTimeOffset.UtcNow));
        Assert.NotNull(anna.Rule.WhyNotIn(anna.Own, [], [PeerKind.Monitor, PeerKind.Agent], DateTimeOffset.UtcNow));
        await OkAsync("issue", "--client", "bea");
        Assert.Equal(ApiRole.Viewer, Read("client-bea").Name.Role);
    }

    [Fact]
    public async Task The_authority_changes_in_steps_and_at_each_of_them_everybody_is_let_in()
    {
        await OkAsync("init");
        await OkAsync("issue", "mon1", "--config", Config);
        Certificates before = Read("monitor-mon1");

        Assert.Contains("2. issue every certificate anew", await OkAsync("init", "--renew"), StringComparison.Ordinal);
        // Old certificates are still good for those who have the new file.
        PeerRule both = Read("monitor-mon1").Rule;
        Assert.Null(both.WhyNotSigned(before.Own, [], DateTimeOffset.UtcNow));
        await OkAsync("issue", "mon1", "--config", Config);
        Certificates after = Read("monitor-mon1");
        Assert.Null(both.WhyNotSigned(after.Own, [], DateTimeOffset.UtcNow));
        Assert.NotNull(before.Rule.WhyNotSigned(after.Own, [], DateTimeOffset.UtcNow));

        await OkAsync("init", "--finish");
        Assert.NotNull(Read("monitor-mon1").Rule.WhyNotSigned(before.Own, [], DateTimeOffset.UtcNow));
        Assert.Null(Read("monitor-mon1").Rule.WhyNotSigned(after.Own, [], DateTimeOffset.UtcNow));
    }

    [Fact]
    public async Task An_authority_is_never_overwritten()
    {
        await OkAsync("init");
        string key = await File.ReadAllTextAsync(Path.Combine(Dir, "ca.key"), TestContext.Current.CancellationToken);
        Ran again = await _cli.Mmm("tls", "init", "--dir", Dir);
        Assert.Equal(1, again.Exit);
        Assert.Contains("holds an authority already", again.Error, StringComparison.Ordinal);
        Assert.Equal(key, await File.ReadAllTextAsync(Path.Combine(Dir, "ca.key"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Show_tells_whom_they_are_for_and_fails_for_an_expired_one()
    {
        await OkAsync("init");
        await OkAsync("issue", "mon2", "--config", Config, "--days", "20");
        string shown = await OkAsync("show");
        Assert.Contains("authority MMM authority", shown, StringComparison.Ordinal);
        Assert.Contains("for       monitor mon2\n  at        127.0.0.1, ::1, mon2.example.com, localhost\n", shown, StringComparison.Ordinal);
        Assert.Contains("19 days left, RENEW IT", shown, StringComparison.Ordinal);
        Assert.Contains($"serial    {Read("monitor-mon2").Own.SerialNumber}", shown, StringComparison.Ordinal);

        using var old = new Control.Tls.CertificateAuthority(X509Certificate2.CreateFromPemFile(Path.Combine(Dir, "ca.crt"), Path.Combine(Dir, "ca.key")));
        string file = Path.Combine(_folder, "old.crt");
        await File.WriteAllTextAsync(file, old.Issue(PeerName.Monitor("mon1"), [], 1, DateTimeOffset.UtcNow.AddHours(-23).AddDays(-1)).Certificate, TestContext.Current.CancellationToken);
        Ran expired = await _cli.Mmm("tls", "show", file);
        Assert.Equal(0, (await _cli.Mmm("tls", "show", Path.Combine(Dir, "monitor-mon2.crt"))).Exit);
        Assert.Equal(1, expired.Exit);
        Assert.Contains("EXPIRED", expired.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, "holds no authority", "issue", "mon1", "--config", "CONFIG")]
    [InlineData(1, "There is no certificate in", "show")]
    [InlineData(1, "holds no authority", "init", "--renew")]
    [InlineData(2, "Say whose certificate", "issue")]
    [InlineData(2, "Say whose certificate", "issue", "mon1", "--all")]
    [InlineData(2, "--role is for --client", "issue", "mon1", "--role", "admin")]
    [InlineData(2, "--role must be viewer, operator or admin", "issue", "--client", "anna", "--role", "root")]
    [InlineData(2, "--days must be a whole number from 1 to 36500", "issue", "--all", "--days", "0")]
    [InlineData(2, "is no name for a client", "issue", "--client", "../anna")]
    [InlineData(2, "are two steps", "init", "--renew", "--finish")]
    [InlineData(78, "no-such-file", "issue", "mon1", "--config", "/no-such-file")]
    public async Task What_cannot_be_done_is_said(int exit, string sentence, params string[] words)
    {
        Ran ran = await _cli.Mmm(["tls", words[0], "--dir", Dir, .. words[1..].Select(w => w == "CONFIG" ? Config : w)]);
        Assert.Equal(exit, ran.Exit);
        Assert.Contains(sentence, ran.Error, StringComparison.Ordinal);
        Assert.Empty(ran.Out);
    }

    [Fact]
    public async Task Names_that_nobody_or_several_have_are_refused()
    {
        await OkAsync("init");
        Ran nobody = await _cli.Mmm("tls", "issue", "db9", "--dir", Dir, "--config", Config);
        Assert.Equal(1, nobody.Exit);
        Assert.Contains("'db9' is no monitor and no host; there are: monitor mon1", nobody.Error, StringComparison.Ordinal);
        Ran several = await _cli.Mmm("tls", "issue", "db1", "--dir", Dir, "--config", Config);
        Assert.Equal(2, several.Exit);
        Assert.Contains("may be agent C1/db1 or agent C2/db1", several.Error, StringComparison.Ordinal);
        Assert.Contains("agent C2/db1", await OkAsync("issue", "C2/db1", "--config", Config), StringComparison.Ordinal);
        Assert.Contains("agent C1/db1", (await _cli.Mmm("@C1", "tls", "issue", "db1", "--dir", Dir, "--config", Config)).Out, StringComparison.Ordinal);
        Assert.Contains("agent C2/db3", await OkAsync("issue", "db3", "--config", Config), StringComparison.Ordinal);
    }

    private async Task<string> OkAsync(params string[] words)
    {
        Ran ran = await _cli.Mmm(["tls", words[0], "--dir", Dir, .. words[1..]]);
        Assert.Equal((0, ""), (ran.Exit, ran.Error));
        return ran.Out;
    }

    private Certificates Read(string pair) =>
        Certificates.Read(new TlsSettings(Path.Combine(Dir, "ca.crt"), Path.Combine(Dir, pair + ".crt"), Path.Combine(Dir, pair + ".key"), []), File.ReadAllText, DateTimeOffset.UtcNow);
}
