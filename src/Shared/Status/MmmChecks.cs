using System.Globalization;
using System.Text;
using Mmm.Shared.Checks;
using static Mmm.Shared.Messages.StatusProtocol;

namespace Mmm.Shared.Status;

/// <summary>MMM's <c>checks [HOST|all [CHECK|all]]</c> as text (lib/Monitor/Commands.pm, 2.2.1).</summary>
public static class MmmChecks
{
    public const string All = "all";

    /// <summary>Width of the longest check name, which the original pads to when it shows all of them.</summary>
    private const int CheckWidth = 11;

    /// <summary>The answer, or <c>ERROR: Unknown …</c>. Several lines end with a newline each; one host's one check does not, as in the original.</summary>
    /// <param name="snapshot">What is known.</param>
    /// <param name="host">A host's name or <c>all</c>.</param>
    /// <param name="check">A check's name or <c>all</c>.</param>
    /// <param name="zone">Time zone of <c>last change</c>; the original uses the local one.</param>
    public static string Format(ClusterSnapshot snapshot, string host, string check, TimeZoneInfo zone)
    {
        if (check != All && !CheckNames.TryParse(check, out _))
            return MmmAnswers.UnknownCheck(check);
        HostView[] hosts = [.. snapshot.Hosts.Where(h => host == All || h.Name == host).OrderBy(h => h.Name, StringComparer.Ordinal)];
        if (host != All && hosts.Length == 0)
            return MmmAnswers.UnknownHost(host);

        int hostWidth = hosts.Select(h => h.Name.Length).DefaultIfEmpty(0).Max();
        int checkWidth = check == All ? CheckWidth : 0;
        StringBuilder text = new();
        foreach (HostView view in hosts)
        {
            foreach (string name in CheckNames.All.Select(CheckNames.NameOf).Where(n => check == All || n == check))
                text.Append(Line(view, name, hostWidth, checkWidth, zone)).Append('\n');
        }

        if (host != All && check != All)
            text.Length--;
        return text.ToString();
    }

    /// <summary>The message as the original shows it: verdict first, a plain <c>OK</c> without a message.</summary>
    public static string Message(CheckView check) =>
        check.Message.Length == 0 ? check.Verdict : $"{check.Verdict}: {check.Message.ReplaceLineEndings(" ")}";

    private static string Line(HostView host, string check, int hostWidth, int checkWidth, TimeZoneInfo zone)
    {
        CheckView view = host.Checks.FirstOrDefault(c => c.Check == check) ?? new CheckView(check, "UNKNOWN", host.SinceUtc, "Not checked yet");
        string at = TimeZoneInfo.ConvertTime(view.SinceUtc, zone).ToString("yyyy/MM/dd HH:mm:ss", CultureInfo.InvariantCulture);
        return $"{host.Name.PadRight(hostWidth)}  {check.PadRight(checkWidth)}  [last change: {at}]  {Message(view)}";
    }
}
