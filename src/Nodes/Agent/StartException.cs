using System.Net.Sockets;
using Mmm.Shared.Security;
using Mmm.Shared.Topology;

namespace Mmm.Agent;

/// <summary>A start that failed for a reason an operator can do something about.</summary>
/// <param name="exitCode">See <see cref="ExitCodes"/>.</param>
/// <param name="sentence">What failed and what to do.</param>
internal sealed class StartException(int exitCode, string sentence) : Exception(sentence)
{
    public int ExitCode => exitCode;

    /// <summary>Null when <paramref name="e"/> is nothing but a defect.</summary>
    public static StartException? Of(Exception e, Host host, string bindAddress)
    {
        if (e is StartException known)
            return known;
        if (Causes(e).OfType<CertificateException>().FirstOrDefault() is { } certificate)
            return new StartException(ExitCodes.Configuration, certificate.Message);
        string where = $"{bindAddress}:{host.AgentPort}";
        return Causes(e).OfType<SocketException>().FirstOrDefault()?.SocketErrorCode switch
        {
            SocketError.AddressAlreadyInUse => Unavailable($"Cannot listen on {where}: the port is in use. Does another mmm-agent run on this machine?"),
            SocketError.AddressNotAvailable => Unavailable($"Cannot listen on {where}: this machine does not have the address. Is this the machine of '{host.Name}'? (this, --this, agent.bind_address)"),
            SocketError.AccessDenied => Unavailable($"Cannot listen on {where}: no permission for that port"),
            SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData => Unavailable($"Cannot listen on {where}: the name does not resolve"),
            _ => null,
        };
    }

    private static StartException Unavailable(string sentence) => new(ExitCodes.Unavailable, sentence);

    public static IEnumerable<Exception> Causes(Exception e)
    {
        yield return e;
        IEnumerable<Exception> inner = e is AggregateException many ? many.InnerExceptions : e.InnerException is { } one ? [one] : [];
        foreach (Exception cause in inner.SelectMany(Causes))
            yield return cause;
    }
}
