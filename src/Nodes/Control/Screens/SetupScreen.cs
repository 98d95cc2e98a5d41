using System.Collections.Immutable;
using System.Text;
using Mmm.Shared.Messages;

namespace Mmm.Control.Screens;

/// <summary><c>mmm check-setup</c>.</summary>
internal static class SetupScreen
{
    /// <summary>Plain text, so that the statements can be copied.</summary>
    /// <param name="hosts">Names of those that are asked for.</param>
    /// <param name="findings">Of all hosts.</param>
    public static string Render(IEnumerable<string> hosts, ImmutableArray<StatusProtocol.SetupFinding> findings)
    {
        var text = new StringBuilder();
        foreach (string host in hosts.Order(StringComparer.Ordinal))
        {
            StatusProtocol.SetupFinding[] own = [.. findings.Where(f => f.Host == host)];
            if (own.Length == 0)
                text.Append($"{host}: OK\n");
            foreach (StatusProtocol.SetupFinding finding in own)
            {
                text.Append($"{host}: {(finding.IsError ? "ERROR" : "WARNING")} {finding.Code}: {host} {finding.Sentence}\n");
                if (finding.Statement is { } statement)
                    text.Append($"    {statement}\n");
            }
        }

        return text.ToString();
    }
}
