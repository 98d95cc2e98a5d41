using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Mmm.Monitor.Endpoints;
using Mmm.Shared.Settings;

namespace Mmm.Monitor;

/// <summary>A start that failed for a reason an operator can do something about.</summary>
/// <param name="ExitCode">See <see cref="ExitCodes"/>.</param>
/// <param name="Sentence">What failed and what to do.</param>
internal sealed record StartProblem(int ExitCode, string Sentence)
{
    /// <summary>Null when <paramref name="e"/> is nothing but a defect.</summary>
    public static StartProblem? Of(Exception e, MmmSettings settings)
    {
        MonitorMember self = settings.Monitors.First(m => m.Name == settings.This);
        foreach (Exception cause in Causes(e))
        {
            if (cause is CertificateProblem certificate)
                return new StartProblem(ExitCodes.Configuration, certificate.Message);
            // Which of its ports, Kestrel says only in the text around it.
            if (cause is AddressInUseException && settings.Monitor.MmmControl is { } control && Causes(e).Any(c => c.Message.Contains($":{control.Port}:", StringComparison.Ordinal)))
                return InUse($"{control.Bind}:{control.Port} (monitor.mmm_control)");
            if (cause is AddressInUseException)
                return InUse($"{settings.Monitor.HttpBind}:{self.HttpPort} (the management endpoint: monitor.http.bind, monitors.{self.Name}.http_port)");
            if (cause is SocketException socket && Why(socket, self) is { } problem)
                return problem;
        }

        return null;
    }

    private static StartProblem? Why(SocketException socket, MonitorMember self)
    {
        string where = $"{self.Address}:{self.Port} (monitors.{self.Name})";
        return socket.SocketErrorCode switch
        {
            SocketError.AddressAlreadyInUse => InUse(where),
            SocketError.AddressNotAvailable => new StartProblem(
                ExitCodes.AddressUnavailable, $"Cannot listen on {where}: this machine does not have the address. Is this the machine of '{self.Name}'? (this, --this)"),
            SocketError.AccessDenied => new StartProblem(ExitCodes.AddressUnavailable, $"Cannot listen on {where}: no permission for that port"),
            SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData => new StartProblem(
                ExitCodes.AddressUnavailable, $"Cannot listen on {where}: the name does not resolve"),
            _ => null,
        };
    }

    private static StartProblem InUse(string where) =>
        new(ExitCodes.AddressUnavailable, $"Cannot listen on {where}: the port is in use. Does another mmm-monitor run on this machine?");

    private static IEnumerable<Exception> Causes(Exception e)
    {
        yield return e;
        IEnumerable<Exception> inner = e is AggregateException many ? many.InnerExceptions : e.InnerException is { } one ? [one] : [];
        foreach (Exception cause in inner.SelectMany(Causes))
            yield return cause;
    }
}
