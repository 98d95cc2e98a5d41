using System.Text;
using Mmm.Shared.Settings.Hocon;

namespace Mmm.Shared.Tests.Settings.Hocon;

/// <summary>A read configuration as compact JSON, so that a test states input and result in one line each.</summary>
internal static class HoconJson
{
    /// <summary>The file "t.conf" with this text, as JSON.</summary>
    public static string Of(string text, Func<string, string?>? environment = null) => Write(HoconReader.ReadText("t.conf", text, environment).Root);

    public static string Write(HoconValue value)
    {
        switch (value)
        {
            case HoconObject obj:
                return "{" + string.Join(",", obj.Fields.Select(f => Quote(f.Key) + ":" + Write(f.Value))) + "}";
            case HoconList list:
                return "[" + string.Join(",", list.Items.Select(Write)) + "]";
            default:
                var scalar = (HoconScalar)value;
                return scalar.ScalarKind == HoconScalarKind.Text ? Quote(scalar.Text) : scalar.Text;
        }
    }

    private static string Quote(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (char c in text)
            quoted.Append(c switch { '"' => "\\\"", '\\' => "\\\\", '\n' => "\\n", '\t' => "\\t", _ => c.ToString() });
        return quoted.Append('"').ToString();
    }
}
