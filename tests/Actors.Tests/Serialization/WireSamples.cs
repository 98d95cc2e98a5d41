using System.Collections;
using System.Collections.Immutable;
using System.Reflection;
using Mmm.Shared.Messages;

namespace Mmm.Actors.Tests.Serialization;

/// <summary>Makes a value of any wire record with no field at its default, and compares two of them field by field.</summary>
internal static class WireSamples
{
    /// <summary>Every record of the shared contracts that may cross the network.</summary>
    public static IReadOnlyList<Type> Records { get; } =
        [.. typeof(IWireMessage).Assembly.GetTypes().Where(t => t is { IsInterface: false, IsAbstract: false } && typeof(IWireMessage).IsAssignableFrom(t)).OrderBy(t => t.FullName, StringComparer.Ordinal)];

    /// <param name="type">What to make.</param>
    /// <param name="seed">Different seeds give different values.</param>
    /// <param name="withNulls">True: null wherever a null is allowed.</param>
    public static object Make(Type type, int seed, bool withNulls = false)
    {
        Type? inNullable = Nullable.GetUnderlyingType(type);
        if (inNullable is not null)
            return Make(inNullable, seed, withNulls);
        if (type == typeof(string))
            return $"text-{seed} \"quoted\" \\ ü 漢\n";
        if (type == typeof(int))
            return 1000 + seed;
        if (type == typeof(long))
            return (1L << 40) + seed;
        if (type == typeof(bool))
            return true;
        if (type == typeof(DateTimeOffset))
            return new DateTimeOffset(2024, 2, 29, 23, 59, 58, TimeSpan.Zero).AddTicks(seed + 1);
        if (type.IsEnum)
            return Enum.GetValues(type).GetValue(1 + (seed % (Enum.GetValues(type).Length - 1)))!;
        if (IsList(type))
            return MakeList(type, seed, withNulls);

        ConstructorInfo constructor = Constructor(type);
        var nullability = new NullabilityInfoContext();
        object?[] values = [.. constructor.GetParameters().Select((p, i) =>
            withNulls && nullability.Create(p).WriteState == NullabilityState.Nullable ? null : Make(p.ParameterType, seed + i + 1, withNulls))];
        return constructor.Invoke(values);
    }

    /// <summary>Null when both are the same; else where they differ.</summary>
    public static string? Difference(object? a, object? b, string path)
    {
        if (a is null || b is null)
            return a is null && b is null ? null : $"{path}: {a ?? "null"} and {b ?? "null"}";
        if (a.GetType() != b.GetType())
            return $"{path}: {a.GetType()} and {b.GetType()}";
        if (IsList(a.GetType()))
        {
            object[] x = [.. ((IEnumerable)a).Cast<object>()], y = [.. ((IEnumerable)b).Cast<object>()];
            return x.Length != y.Length
                ? $"{path}: {x.Length} and {y.Length} elements"
                : x.Select((item, i) => Difference(item, y[i], $"{path}[{i}]")).FirstOrDefault(d => d is not null);
        }

        if (a is string || a.GetType().IsPrimitive || a.GetType().IsEnum || a is DateTimeOffset)
            return a.Equals(b) ? null : $"{path}: {a} and {b}";
        return Constructor(a.GetType()).GetParameters()
            .Select(p => a.GetType().GetProperty(p.Name!)!)
            .Select(p => Difference(p.GetValue(a), p.GetValue(b), $"{path}.{p.Name}"))
            .FirstOrDefault(d => d is not null);
    }

    public static bool IsList(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ImmutableArray<>);

    /// <summary>The record's primary constructor: the longest that is not the copy constructor.</summary>
    public static ConstructorInfo Constructor(Type type) =>
        type.GetConstructors().OrderByDescending(c => c.GetParameters().Length).First(c => c.GetParameters().All(p => p.ParameterType != type));

    private static object MakeList(Type type, int seed, bool withNulls)
    {
        Type element = type.GetGenericArguments()[0];
        var items = Array.CreateInstance(element, 2);
        items.SetValue(Make(element, seed + 1, withNulls), 0);
        items.SetValue(Make(element, seed + 2, withNulls), 1);
        return typeof(ImmutableArray).GetMethods()
            .First(m => m.Name == nameof(ImmutableArray.Create) && m.GetParameters() is [{ ParameterType.IsArray: true }])
            .MakeGenericMethod(element).Invoke(null, [items])!;
    }
}
