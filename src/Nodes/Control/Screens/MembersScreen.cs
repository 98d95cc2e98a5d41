using System.Globalization;
using System.Text;
using Mmm.Shared.Api;

namespace Mmm.Control.Screens;

/// <summary><c>mmm cluster show</c> and <c>list-unreachable</c>: one Akka member per line.</summary>
internal static class MembersScreen
{
    /// <summary><c>akka.tcp://mmm@10.0.0.1:8551 | [monitor] | up | leader, oldest, answered</c>, and the count.</summary>
    public static string Show(ManagementContracts.Members members)
    {
        StringBuilder text = new();
        foreach (ManagementContracts.Member member in members.All)
        {
            text.Append(CultureInfo.InvariantCulture, $"{member.Node} | [{string.Join(", ", member.Roles)}] | {member.Status.ToLowerInvariant()}");
            string marks = string.Join(", ", Marks(members, member.Node));
            if (marks.Length > 0)
                text.Append(" | ").Append(marks);
            text.Append('\n');
        }

        return text.Append(CultureInfo.InvariantCulture, $"Count: {members.All.Length} nodes\n").ToString();
    }

    private static IEnumerable<string> Marks(ManagementContracts.Members members, string node)
    {
        if (members.Unreachable.Any(u => u.Node == node))
            yield return "UNREACHABLE";
        if (members.Leader == node)
            yield return "leader";
        if (members.Oldest == node)
            yield return "oldest";
        if (members.SelfNode == node)
            yield return "answered";
    }
}
