using System.Security.Cryptography.X509Certificates;
using Mmm.Actors.Security;
using Mmm.Shared.Security;
using Mmm.Shared.Settings;
using Xunit;

namespace Mmm.Cluster.Tests.Security;

/// <summary>A node's own files: what is wrong with them is said, and what is new in them is used.</summary>
public sealed class CertificateStoreTests : IDisposable
{
    private readonly TestInstallation _installation = new();

    public void Dispose() => _installation.Dispose();

    [Fact]
    public void New_files_are_used_and_bad_ones_change_nothing()
    {
        TlsSettings files = _installation.Issue("node", PeerName.Monitor("mon1"));
        CertificateStore store = Open(files);
        List<string> replaced = [];
        store.Replaced += c => replaced.Add(c.Own.Thumbprint);
        string first = store.Current.Own.Thumbprint;
        Assert.False(store.Refresh());

        // In the middle of being copied: the new certificate with the old key.
        string oldKey = File.ReadAllText(files.KeyFile);
        _installation.Issue("node", PeerName.Monitor("mon1"));
        string newKey = File.ReadAllText(files.KeyFile);
        File.WriteAllText(files.KeyFile, oldKey);
        Assert.Contains("tls.key_file", Assert.Throws<CertificateException>(() => store.Refresh()).Message, StringComparison.Ordinal);
        Assert.Equal(first, store.Current.Own.Thumbprint);

        File.WriteAllText(files.KeyFile, newKey);
        Assert.True(store.Refresh());
        Assert.Equal([store.Current.Own.Thumbprint], replaced);
        Assert.NotEqual(first, store.Current.Own.Thumbprint);
    }

    [Fact]
    public void A_certificate_of_another_node_or_for_another_address_is_refused()
    {
        Assert.Contains("it is for monitor mon2, and this is monitor mon1", Refusal(_installation.Issue("node", PeerName.Monitor("mon2"))), StringComparison.Ordinal);
        Assert.Contains("it is for agent C1/mon1", Refusal(_installation.Issue("node", PeerName.Agent("C1", "mon1"))), StringComparison.Ordinal);
        Assert.Contains("not for the address 127.0.0.1", Refusal(_installation.Issue("node", PeerName.Monitor("mon1"), addresses: ["10.0.0.1"])), StringComparison.Ordinal);
    }

    [Fact]
    public void Files_that_are_missing_empty_or_of_two_authorities_are_named()
    {
        TlsSettings files = _installation.Issue("node", PeerName.Monitor("mon1"));
        Assert.Contains("tls.ca_file /nowhere/ca.crt cannot be read", Refusal(files with { CaFile = "/nowhere/ca.crt" }), StringComparison.Ordinal);
        Assert.Contains("tls.key_file /nowhere/key cannot be read", Refusal(files with { KeyFile = "/nowhere/key" }), StringComparison.Ordinal);
        Assert.Contains($"tls.ca_file {files.KeyFile} cannot be used: there is no certificate (PEM) in it", Refusal(files with { CaFile = files.KeyFile }), StringComparison.Ordinal);
        string serial = X509Certificate2.CreateFromPem(File.ReadAllText(files.CertFile)).SerialNumber;
        Assert.Contains($"tls.cert_file {files.CertFile}: its serial number is in tls.revoked", Refusal(files with { Revoked = [serial.ToLowerInvariant()] }), StringComparison.Ordinal);
        using TestInstallation other = new();
        Assert.Contains($"no certificate of tls.ca_file {other.CaFile} has signed it", Refusal(files with { CaFile = other.CaFile }), StringComparison.Ordinal);
        File.WriteAllText(files.CertFile, "");
        Assert.Contains($"tls.cert_file {files.CertFile} cannot be used", Refusal(files), StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_that_every_user_can_read_is_refused()
    {
        TlsSettings files = _installation.Issue("node", PeerName.Monitor("mon1"));
        TestInstallation.SetMode(files.KeyFile, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        Assert.Contains($"chmod o= {files.KeyFile}", Refusal(files), StringComparison.Ordinal);
    }

    [Fact]
    public void An_expired_one_starts_and_says_so_and_one_that_ends_soon_is_warned_of()
    {
        CertificateStore expired = Open(_installation.Issue("node", PeerName.Monitor("mon1"), days: 5, from: TestInstallation.Now.AddDays(-20)));
        Assert.Contains("has expired", expired.Current.Ending(TestInstallation.Now), StringComparison.Ordinal);
        Assert.Contains("expires in 9 days", Open(_installation.Issue("node", PeerName.Monitor("mon1"), days: 10)).Current.Ending(TestInstallation.Now), StringComparison.Ordinal);
        Assert.Null(Open(_installation.Issue("node", PeerName.Monitor("mon1"), days: 90)).Current.Ending(TestInstallation.Now));
    }

    private static CertificateStore Open(TlsSettings files) => CertificateStore.Open(files, PeerName.Monitor("mon1"), "127.0.0.1", TimeProvider.System);

    private static string Refusal(TlsSettings files) => Assert.Throws<CertificateException>(() => Open(files)).Message;
}
