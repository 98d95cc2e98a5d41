using System.Text;
using Mmm.Shared.Messages;

namespace Mmm.Control.Screens;

/// <summary><c>mmm explain HOST</c>.</summary>
internal static class ExplainScreen
{
    /// <summary>As the coordinator says it; plain text, so that it can be sent on.</summary>
    public static string Render(StatusProtocol.HostView host)
    {
        var text = new StringBuilder();
        foreach (string line in host.Explanation ?? ["Nothing is known of it: the coordinator is of an older release."])
            text.Append(line.ReplaceLineEndings(" ")).Append('\n');
        return text.ToString();
    }
}
