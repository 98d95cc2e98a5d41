using System.Collections.Immutable;
using System.Net;
using Mmm.Shared.Api;
using Mmm.Shared.Settings;
using Mmm.Shared.Status;

namespace Mmm.Monitor.Endpoints;

/// <summary>What a command must look like before it is handed to the coordinator; whether it makes sense is the coordinator's to say.</summary>
internal static class CommandRules
{
    /// <summary>The first fault, as a sentence; null when there is none.</summary>
    public static string? WhatIsWrong(CommandRequest request, ImmutableArray<string> arguments)
    {
        if (request.Id.Length is 0 or > EndpointLimits.MaxIdLength || request.Id.Any(c => c is <= ' ' or > '~'))
            return $"'id' must be 1 to {EndpointLimits.MaxIdLength} printable ASCII characters without blanks.";
        if (MmmVerbs.Changes.FirstOrDefault(v => v.Name == request.Verb) is not { } verb)
            return $"'verb' must be one of {string.Join(", ", MmmVerbs.Changes.Select(v => v.Name))}.";
        if (arguments.Any(a => a is null || a.Length is 0 or > EndpointLimits.MaxArgumentLength || a.Any(char.IsControl)))
            return $"Every one of 'arguments' must have 1 to {EndpointLimits.MaxArgumentLength} characters and no control characters.";
        if (!verb.Takes(arguments))
            return $"Wrong 'arguments': {verb.Usage}";
        if (request.By is { } by && (by.Length > EndpointLimits.MaxByLength || by.Any(char.IsControl)))
            return $"'by' must have at most {EndpointLimits.MaxByLength} characters and no control characters.";
        return null;
    }

    /// <summary>Whose token may give it.</summary>
    public static ApiRole LeastOf(string verb) => verb == MmmVerbs.Monitors.Name ? ApiRole.Admin : ApiRole.Operator;

    /// <summary>For the log and the history: who says to have sent it, whose certificate or token it was if that has a name of its own, and where it really came from.</summary>
    public static string By(string? by, HttpContext http)
    {
        Caller caller = Caller.Of(http);
        string token = caller.Name.Length > 0 && (caller.ByCertificate || caller.Name != MonitorSettings.OnlyToken) ? $"{caller.Proof} {caller.Name}" : "";
        return By(string.IsNullOrWhiteSpace(by) ? token : token.Length == 0 ? by : $"{by} ({token})", http.Connection.RemoteIpAddress);
    }

    /// <summary>The same of one who needs no token.</summary>
    public static string By(string? by, IPAddress? from)
    {
        IPAddress? address = from is { IsIPv4MappedToIPv6: true } ? from.MapToIPv4() : from;
        string place = address?.ToString() ?? "an unknown address";
        return string.IsNullOrWhiteSpace(by) ? place : $"{by} from {place}";
    }
}
