using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Mmm.Shared.Security;
using Mmm.Shared.Settings;

namespace Mmm.Control.Monitors;

/// <summary>What the command line goes by when it speaks TLS with the monitors.</summary>
/// <param name="Rule">Whom it takes for a monitor.</param>
/// <param name="Own">What it shows; null = nothing, a token says who it is.</param>
/// <param name="Time">UTC clock.</param>
internal sealed record ClientCertificates(PeerRule Rule, X509Certificate2? Own, TimeProvider Time)
{
    /// <param name="caFile">The authorities.</param>
    /// <param name="certFile">Own certificate; null = none.</param>
    /// <param name="keyFile">Its key.</param>
    /// <param name="named">False: found by itself; then a key that this user may not read is no error.</param>
    /// <param name="time">UTC clock.</param>
    /// <exception cref="CliFailure">A file cannot be used.</exception>
    public static ClientCertificates Read(string caFile, string? certFile, string? keyFile, bool named, TimeProvider time)
    {
        try
        {
            if (certFile is null || keyFile is null || !(named || TokenFile.MayRead(keyFile)))
                return new ClientCertificates(new PeerRule(Certificates.ReadAuthorities(caFile, File.ReadAllText), []), null, time);
            var all = Certificates.Read(new TlsSettings(caFile, certFile, keyFile, []), File.ReadAllText, time.GetUtcNow());
            // An agent's is good for nothing here: the monitors would end the connection.
            return new ClientCertificates(all.Rule, all.Name.Kind == PeerKind.Agent ? null : all.Own, time);
        }
        catch (CertificateException e)
        {
            throw new CliFailure(ExitCodes.Config, "config", $"ERROR: {e.Message}");
        }
    }

    /// <summary>For .NET's client.</summary>
    public SslClientAuthenticationOptions Options() => new()
    {
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        LocalCertificateSelectionCallback = Own is null ? null : (_, _, _, _, _) => Own,
        RemoteCertificateValidationCallback = (sender, certificate, chain, _) =>
        {
            string dialled = (sender as SslStream)?.TargetHostName ?? "";
            string? why = Rule.WhyNotOut(certificate as X509Certificate2, chain?.ChainPolicy.ExtraStore ?? [], PeerKind.Monitor, dialled, Time.GetUtcNow());
            return why is null ? true : throw new AuthenticationException($"is not let in: {why}");
        },
    };
}
