using System.Globalization;

namespace Mmm.Monitor.Endpoints;

/// <summary>Arguments behind the question mark; the framework's own refusal would not name what is wrong.</summary>
internal static class Query
{
    /// <summary>The argument, or <paramref name="usual"/> where it is not given; null when it is no such number.</summary>
    public static long? Number(HttpRequest request, string name, long usual, long least, long most)
    {
        if (!request.Query.ContainsKey(name))
            return usual;
        return long.TryParse(request.Query[name].ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number >= least && number <= most ? number : null;
    }

    public static IResult NoNumber(string name, long least, long most) =>
        Problems.BadRequest(string.Create(CultureInfo.InvariantCulture, $"'{name}' must be a whole number from {least} to {most}."));
}
