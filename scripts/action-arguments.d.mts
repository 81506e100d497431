export function argumentsOf(input: (name: string) => string, fail: (message: string) => never): string[];
export function outOf(input: (name: string) => string): string;
