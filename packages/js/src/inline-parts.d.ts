declare module "#engine" {
  const base64: string;
  export default base64;
}
declare module "#worker" {
  const text: string;
  export default text;
}
