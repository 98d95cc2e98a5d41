using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Mmm.Shared.Settings;

namespace Mmm.Monitor.Endpoints;

/// <summary>The listener of MySQL-MMM's own protocol. With TLS a client needs a certificate of the configured authority, as the original's.</summary>
internal static class ControlSocket
{
    public static void UseMmmControl(this ListenOptions listen, ControlSocketSettings control)
    {
        if (control.Tls is { } tls)
            listen.UseHttps(Options(tls));
        listen.UseConnectionHandler<ControlConnection>();
    }

    /// <exception cref="CertificateProblem">A file cannot be used.</exception>
    private static HttpsConnectionAdapterOptions Options(ControlSocketTls tls)
    {
        X509Certificate2 own = Load(tls.CertFile, () => X509Certificate2.CreateFromPemFile(tls.CertFile, tls.KeyFile));
        X509Certificate2Collection authorities = Load(tls.CaFile, () =>
        {
            var all = new X509Certificate2Collection();
            all.ImportFromPemFile(tls.CaFile);
            return all.Count > 0 ? all : throw new CryptographicException("there is no certificate in it");
        });
        return new HttpsConnectionAdapterOptions
        {
            ServerCertificate = own,
            HandshakeTimeout = TimeSpan.FromSeconds(5),
            ClientCertificateMode = ClientCertificateMode.RequireCertificate,
            ClientCertificateValidation = (certificate, _, errors) => (errors & SslPolicyErrors.RemoteCertificateNotAvailable) == 0 && IsOf(certificate, authorities),
        };
    }

    private static bool IsOf(X509Certificate2 certificate, X509Certificate2Collection authorities)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        return chain.Build(certificate);
    }

    private static T Load<T>(string file, Func<T> load)
    {
        try
        {
            return load();
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new CertificateProblem($"{file} cannot be used for monitor.mmm_control: {e.Message}", e);
        }
    }
}

/// <summary>The message is a sentence for operators.</summary>
internal sealed class CertificateProblem(string message, Exception inner) : Exception(message, inner);
