using System.Globalization;
using Mmm.Shared.Security;

namespace Mmm.Shared.Decisions;

/// <summary>Certificates of monitors and agents that end soon or have ended, by what these report.</summary>
internal static class CertificateWarnings
{
    public static IEnumerable<string> Of(ClusterState state)
    {
        IEnumerable<(string Who, DateTimeOffset? Ends)> all =
        [
            .. state.Vantages.Values.Select(v => ($"monitor {v.Report.Monitor}", v.Report.CertificateEnds)),
            .. state.Sights.Where(s => !state.AgentLost(s.Key)).Select(s => ($"agent on host {s.Key}", s.Value.Agent?.CertificateEnds)),
        ];
        return all.Where(c => c.Ends - state.At < Certificates.EndsSoon).OrderBy(c => c.Ends).ThenBy(c => c.Who, StringComparer.Ordinal).Select(c => Sentence(c.Who, c.Ends!.Value, state.At));
    }

    private static string Sentence(string who, DateTimeOffset ends, DateTimeOffset now) => ends <= now
        ? string.Create(CultureInfo.InvariantCulture, $"the certificate of {who}, or its authority's, has expired ({ends.UtcDateTime:u}): nobody lets it in any more; 'mmm tls issue' makes another")
        : string.Create(CultureInfo.InvariantCulture, $"the certificate of {who}, or its authority's, expires in {Math.Floor((ends - now).TotalDays):0} days ({ends.UtcDateTime:u}); 'mmm tls issue' makes another");
}
