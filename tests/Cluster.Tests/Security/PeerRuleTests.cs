using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Mmm.Shared.Security;
using Mmm.Shared.Settings;
using Xunit;

namespace Mmm.Cluster.Tests.Security;

/// <summary>Which certificates open which door.</summary>
public sealed class PeerRuleTests : IDisposable
{
    private static readonly PeerKind[] s_nodes = [PeerKind.Monitor, PeerKind.Agent];

    private readonly TestInstallation _ours = new();
    private readonly TestInstallation _others = new();

    public void Dispose()
    {
        _ours.Dispose();
        _others.Dispose();
    }

    [Fact]
    public void Monitors_and_agents_of_the_installation_are_let_in()
    {
        Assert.Null(_ours.Rule().WhyNotIn(_ours.Certificate(PeerName.Monitor("mon1")), [], s_nodes, TestInstallation.Now));
        Assert.Null(_ours.Rule().WhyNotIn(_ours.Certificate(PeerName.Agent("C1", "db1")), [], s_nodes, TestInstallation.Now));
        Assert.Null(_ours.Rule().WhyNotIn(_ours.Certificate(PeerName.Client("anna", ApiRole.Viewer), addresses: []), [], [PeerKind.Client], TestInstallation.Now));
        Assert.Null(_ours.Rule().WhyNotOut(_ours.Certificate(PeerName.Monitor("mon1"), addresses: ["10.0.0.1", "db.example.com"]), [], PeerKind.Monitor, "db.example.com", TestInstallation.Now));
    }

    [Fact]
    public void One_of_another_authority_is_refused_even_with_the_right_name() =>
        Assert.Contains("is not accepted", _ours.Rule().WhyNotIn(_others.Certificate(PeerName.Monitor("mon1")), [], s_nodes, TestInstallation.Now), StringComparison.Ordinal);

    [Fact]
    public void An_authority_that_comes_with_the_certificate_proves_nothing()
    {
        X509Certificate2Collection sent = Certificates.ReadAuthorities(_others.CaFile, File.ReadAllText);
        Assert.NotNull(_ours.Rule().WhyNotIn(_others.Certificate(PeerName.Monitor("mon1")), sent, s_nodes, TestInstallation.Now));
    }

    [Fact]
    public void None_at_all_is_refused() =>
        Assert.Equal("it shows no certificate", _ours.Rule().WhyNotIn(null, [], s_nodes, TestInstallation.Now));

    [Fact]
    public void An_expired_one_is_refused_and_so_is_one_of_the_future()
    {
        X509Certificate2 old = _ours.Certificate(PeerName.Monitor("mon1"), days: 10, from: TestInstallation.Now.AddDays(-20));
        Assert.NotNull(_ours.Rule().WhyNotIn(old, [], s_nodes, TestInstallation.Now));
        X509Certificate2 good = _ours.Certificate(PeerName.Monitor("mon1"), days: 10);
        Assert.Null(_ours.Rule().WhyNotIn(good, [], s_nodes, TestInstallation.Now.AddDays(9)));
        Assert.NotNull(_ours.Rule().WhyNotIn(good, [], s_nodes, TestInstallation.Now.AddDays(11)));
        Assert.NotNull(_ours.Rule().WhyNotIn(good, [], s_nodes, TestInstallation.Now.AddDays(-2)));
    }

    [Fact]
    public void A_client_is_no_node_and_a_node_of_one_kind_is_none_of_the_other()
    {
        X509Certificate2 client = _ours.Certificate(PeerName.Client("anna", ApiRole.Admin));
        Assert.Contains("that of client anna", _ours.Rule().WhyNotIn(client, [], s_nodes, TestInstallation.Now), StringComparison.Ordinal);
        Assert.NotNull(_ours.Rule().WhyNotOut(client, [], PeerKind.Client, "127.0.0.1", TestInstallation.Now));
        X509Certificate2 agent = _ours.Certificate(PeerName.Agent("C1", "db1"));
        Assert.Contains("that of agent C1/db1", _ours.Rule().WhyNotOut(agent, [], PeerKind.Monitor, "127.0.0.1", TestInstallation.Now), StringComparison.Ordinal);
    }

    [Fact]
    public void Who_is_dialled_must_have_a_certificate_for_that_very_address()
    {
        X509Certificate2 elsewhere = _ours.Certificate(PeerName.Monitor("mon1"), addresses: ["10.0.0.1"]);
        Assert.Contains("not for the address 10.0.0.2", _ours.Rule().WhyNotOut(elsewhere, [], PeerKind.Monitor, "10.0.0.2", TestInstallation.Now), StringComparison.Ordinal);
        Assert.Null(_ours.Rule().WhyNotOut(elsewhere, [], PeerKind.Monitor, "10.0.0.1", TestInstallation.Now));
    }

    [Fact]
    public void A_revoked_one_is_refused()
    {
        X509Certificate2 lost = _ours.Certificate(PeerName.Monitor("mon1"));
        Assert.Contains("tls.revoked", _ours.Rule(lost.SerialNumber.ToLowerInvariant()).WhyNotIn(lost, [], s_nodes, TestInstallation.Now), StringComparison.Ordinal);
    }

    [Fact]
    public void A_node_cannot_sign_for_another()
    {
        X509Certificate2 stolen = _ours.Certificate(PeerName.Agent("C1", "db1"));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=mon1", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new Uri(PeerName.Monitor("mon1").Uri));
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 forged = request.Create(stolen.SubjectName, X509SignatureGenerator.CreateForECDsa(stolen.GetECDsaPrivateKey()!), TestInstallation.Now.AddDays(-1), TestInstallation.Now.AddDays(1), [1, 2, 3]);
        Assert.NotNull(_ours.Rule().WhyNotIn(forged, [stolen], s_nodes, TestInstallation.Now));
    }

    [Theory]
    [InlineData("CN=monitor mon1")]
    [InlineData("CN=x", "urn:mmm:monitor:mon1", "urn:mmm:agent:C1:db1")]
    [InlineData("CN=x", "urn:mmm:client:root:anna")]
    [InlineData("CN=x", "urn:mmm:monitor:../../etc")]
    [InlineData("CN=x", "urn:mmm:monitor:")]
    [InlineData("CN=x", "https://example.com/")]
    public void What_does_not_name_exactly_one_of_us_names_nobody(string subject, params string[] uris)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("mon1");
        foreach (string uri in uris)
            names.AddUri(new Uri(uri));
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 certificate = request.CreateSelfSigned(TestInstallation.Now, TestInstallation.Now.AddDays(1));
        Assert.Null(PeerName.Of(certificate));
    }
}
